/** Sets of granted scopes as small numbers: a million installations share a handful of sets. A number is never used again. */
export class ScopeSets {
  private readonly numbers = new Map<string, number>();
  private readonly sets: ReadonlySet<string>[] = [];

  numberOf(scopes: readonly string[]): number {
    // A scope has no spaces (RFC 6749, 3.3), so no two sets share a text.
    const text = [...scopes].sort().join(' ');
    const known = this.numbers.get(text);
    if (known !== undefined) return known;
    const number = this.sets.push(new Set(scopes)) - 1;
    this.numbers.set(text, number);
    return number;
  }

  /** Whether a set has the scope; the empty scope is in every set. */
  covers(set: number, scope: string): boolean {
    return scope === '' || this.sets[set]?.has(scope) === true;
  }
}
