/** App ids as small numbers, so that an installation holds four bytes and not a text. A number is never used again: apps are few. */
export class AppIndex {
  private readonly numbers = new Map<string, number>();
  private readonly ids: string[] = [];

  /** The app's number; a new one when the app is new. */
  numberOf(appId: string): number {
    const known = this.numbers.get(appId);
    if (known !== undefined) return known;
    const number = this.ids.push(appId) - 1;
    this.numbers.set(appId, number);
    return number;
  }

  /** The app's number, if it has one. */
  find(appId: string): number | undefined {
    return this.numbers.get(appId);
  }

  idOf(app: number): string {
    const id = this.ids[app];
    if (id === undefined) throw new RangeError(`no app has number ${app}`);
    return id;
  }
}
