import { Backoff } from '@hookwright/kafka';

/**
 * Work that may be too large for one transaction: the rest of it is done in further ones, by this process or, after its end, by the next
 * one. It is looked for at the start, whenever it is woken, and every `everyMs`.
 */
export class RemainingWork {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  private again = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly options: {
      /** One transaction's share; false when there was nothing to do. */
      readonly doSome: () => Promise<boolean>;
      readonly onFailure: (reason: string) => void;
      readonly everyMs: number;
    },
  ) {}

  /** Does not wait: the service's health must answer in the meantime. */
  start(): void {
    this.wake();
    this.timer = setInterval(() => this.wake(), this.options.everyMs);
    this.timer.unref();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    clearInterval(this.timer);
    await this.running;
  }

  /** Does what there is, without being waited for. */
  wake(): void {
    if (this.stopping.signal.aborted) return;
    this.again = true;
    this.running ??= this.doAll().finally(() => {
      this.running = undefined;
      if (this.again) this.wake();
    });
  }

  private async doAll(): Promise<void> {
    this.again = false;
    const backoff = new Backoff(this.stopping.signal);
    do {
      try {
        while (!this.stopping.signal.aborted && (await this.options.doSome()));
        return;
      } catch (error) {
        this.options.onFailure((error as Error).message);
      }
    } while (await backoff.wait());
  }
}
