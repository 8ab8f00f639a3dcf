import { setTimeout as delay } from 'node:timers/promises';

/** Something that is done again and again until it is stopped. */
export class Every {
  readonly #ended = new AbortController();
  readonly #life: Promise<void>;

  /** Calls `act` every so often; the next one waits when an earlier one takes longer. `act` must not reject. */
  constructor(everyMs: number, act: (turn: number) => Promise<void>) {
    this.#life = this.#live(everyMs, act);
  }

  /** Resolves when the last turn is over. */
  async stop(): Promise<void> {
    this.#ended.abort();
    await this.#life;
  }

  async #live(everyMs: number, act: (turn: number) => Promise<void>): Promise<void> {
    const { signal } = this.#ended;
    for (let turn = 0; !signal.aborted; turn++) {
      const pause = delay(everyMs, undefined, { signal }).catch(() => undefined);
      await act(turn);
      await pause;
    }
  }
}
