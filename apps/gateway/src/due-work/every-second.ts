import { setTimeout as delay } from 'node:timers/promises';
import { asProblem } from '@hookwright/runtime';

const POLL_MS = 1000;

/** Does what is due, again and again with a second between. What goes wrong is told once, until it goes well or goes wrong otherwise. */
export class EverySecond {
  private readonly stopped = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly doDue: () => Promise<void>,
    private readonly onFailure: (reason: string) => void,
  ) {}

  /** Does not wait: the service's health must answer in the meantime. */
  start(): void {
    this.running = this.run();
  }

  /** When what is going on has ended. */
  async stop(): Promise<void> {
    this.stopped.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    let told: string | undefined;
    while (!this.stopped.signal.aborted) {
      const reason = await this.doDue().then(
        () => undefined,
        (error: unknown) => asProblem(error).message,
      );
      if (reason !== undefined && reason !== told) this.onFailure(reason);
      told = reason;
      await delay(POLL_MS, undefined, { signal: this.stopped.signal }).catch(() => undefined);
    }
  }
}
