import { setTimeout as sleep } from 'node:timers/promises';

const FIRST_MS = 100;
const LONGEST_MS = 2000;

/** Waits longer after each failure, up to 2 s, with jitter, until its owner is stopped. */
export class Backoff {
  private failures = 0;

  constructor(private readonly stopped: AbortSignal) {}

  /** True after the wait; false as soon as the owner is stopped. */
  async wait(): Promise<boolean> {
    const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.failures++);
    return await waited(longest * (0.5 + Math.random() / 2), this.stopped);
  }

  reset(): void {
    this.failures = 0;
  }
}

/** True after the wait; false as soon as the signal aborts. */
export async function waited(ms: number, signal: AbortSignal): Promise<boolean> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
  return !signal.aborted;
}
