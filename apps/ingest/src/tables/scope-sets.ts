/** Sets of granted scopes as small numbers: a million installations share a handful of sets. A number is never used again. */
export class ScopeSets {
  private readonly numbers = new Map<string, number>();
  private readonly sets: ReadonlySet<string>[] = [];
  /** Scope → for each set 1 where it has the scope. As many as there are scopes in the catalogue; made anew when there is a new set. */
  private readonly answers = new Map<string, Uint8Array<ArrayBuffer>>();
  private lastScope: string | undefined;
  private lastAnswers = new Uint8Array();

  numberOf(scopes: readonly string[]): number {
    // A scope has no spaces (RFC 6749, 3.3), so no two sets share a text.
    const text = scopes.length === 1 ? (scopes[0] ?? '') : [...scopes].sort().join(' ');
    const known = this.numbers.get(text);
    if (known !== undefined) return known;
    const number = this.sets.push(new Set(scopes)) - 1;
    this.numbers.set(text, number);
    this.answers.clear();
    this.lastScope = undefined;
    return number;
  }

  /** Whether a set has the scope; the empty scope is in every set. */
  covers(set: number, scope: string): boolean {
    if (scope === '') return true;
    // One event asks for the same scope of each of its merchant's installations.
    if (scope !== this.lastScope) {
      this.lastAnswers = this.answersFor(scope);
      this.lastScope = scope;
    }
    return this.lastAnswers[set] === 1;
  }

  private answersFor(scope: string): Uint8Array<ArrayBuffer> {
    const known = this.answers.get(scope);
    if (known !== undefined) return known;
    const made = Uint8Array.from(this.sets, (set) => (set.has(scope) ? 1 : 0));
    this.answers.set(scope, made);
    return made;
  }
}
