interface Asker<Item, Result> {
  readonly items: readonly Item[];
  readonly answered: PromiseWithResolvers<Result>;
}

/**
 * Makes few large requests of many small ones: one is under way at a time, what is asked for meanwhile shares the next. No timer, so nobody
 * waits while nothing is under way.
 */
export class Gathered<Item, Result> {
  private waiting: Asker<Item, Result>[] = [];
  private isUnderWay = false;

  constructor(private readonly request: (items: readonly Item[]) => Promise<Result>) {}

  /** Resolves with what the request these items were part of came to. Rejects when a request for them alone was rejected. */
  async ask(items: readonly Item[]): Promise<Result> {
    const answered = Promise.withResolvers<Result>();
    this.waiting.push({ items, answered });
    if (!this.isUnderWay) void this.requestAll();
    return await answered.promise;
  }

  private async requestAll(): Promise<void> {
    this.isUnderWay = true;
    while (this.waiting.length > 0) {
      const askers = this.waiting;
      this.waiting = [];
      await this.requestFor(askers);
    }
    this.isUnderWay = false;
  }

  private async requestFor(askers: readonly Asker<Item, Result>[]): Promise<void> {
    try {
      const result = await this.request(askers.flatMap(({ items }) => items));
      for (const { answered } of askers) answered.resolve(result);
    } catch (error) {
      const [first] = askers;
      if (askers.length === 1) first?.answered.reject(error);
      // Nobody fails for what another asked for.
      else await Promise.all(askers.map((asker) => this.requestFor([asker])));
    }
  }
}
