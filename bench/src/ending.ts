type Stop = () => Promise<unknown>;

/**
 * What has to be stopped, the last one first: at the end of a run, or when it is ended by Ctrl-C, SIGTERM or the end of `npm`.
 * Whatever is missed here still dies with this process (child.ts; deploy/local, parent-death.ts), but leaves its directory.
 */
export class Ending {
  readonly #stops: Stop[] = [];
  readonly #listeners: (() => void)[] = [];
  #stopping: Promise<void> | undefined;

  /** Ends everything, then this process, when it is told to end; until stop() is over. */
  listen(): void {
    this.#endOn('SIGINT', 130);
    this.#endOn('SIGTERM', 143);
    this.#endOn('SIGHUP', 129);
    // The channel to bootstrap.mjs closes however that one ended.
    this.#endOn('disconnect', 1);
  }

  /** Returns what it was given. What comes when everything is being stopped is stopped at once. */
  with<Thing extends { stop(): Promise<unknown> }>(thing: Thing): Thing {
    this.#stops.push(() => thing.stop());
    if (this.#stopping !== undefined) void thing.stop();
    return thing;
  }

  /** The same promise however often it is called. */
  stop(): Promise<void> {
    return (this.#stopping ??= this.#stopAll());
  }

  #endOn(event: NodeJS.Signals | 'disconnect', exitCode: number): void {
    const end = (): void => void this.stop().finally(() => process.exit(exitCode));
    process.once(event, end);
    this.#listeners.push(() => process.off(event, end));
  }

  async #stopAll(): Promise<void> {
    for (let stop = this.#stops.pop(); stop !== undefined; stop = this.#stops.pop()) {
      await stop().catch((error: unknown) => console.error(error));
    }
    for (const remove of this.#listeners) remove();
  }
}
