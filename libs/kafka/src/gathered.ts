interface Asker<Item, Result> {
  readonly items: readonly Item[];
  readonly answered: PromiseWithResolvers<Result>;
}

export interface GatheredOptions<Item, Result> {
  readonly request: (items: readonly Item[]) => Promise<Result>;
  /** When a request of several fails, each gets one of its own: what was wrong may be one's alone. */
  readonly retriesAlone?: boolean;
}

/**
 * Makes few large requests of many small ones: one is under way at a time, what is asked for meanwhile shares the next. No timer, so nobody
 * waits while nothing is under way.
 */
export class Gathered<Item, Result> {
  private waiting: Asker<Item, Result>[] = [];
  private isUnderWay = false;

  constructor(private readonly options: GatheredOptions<Item, Result>) {}

  /** Resolves or rejects with what the request that these items were part of came to. */
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
      const result = await this.options.request(askers.flatMap(({ items }) => items));
      for (const { answered } of askers) answered.resolve(result);
    } catch (error) {
      if (this.options.retriesAlone === true && askers.length > 1) await Promise.all(askers.map((asker) => this.requestFor([asker])));
      else for (const { answered } of askers) answered.reject(error);
    }
  }
}
