import { setTimeout as delay } from 'node:timers/promises';

export interface EventuallyOptions {
  /** Default 20 s. */
  readonly timeoutMs?: number;
  readonly intervalMs?: number;
}

/**
 * Repeats `check` until it does not throw, and returns its value. After the time is up it rejects with the check's last error.
 * With real stores a test cannot know when; it can know what.
 */
export async function eventually<T>(check: () => T | Promise<T>, options: EventuallyOptions = {}): Promise<T> {
  const { timeoutMs = 20_000, intervalMs = 50 } = options;
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() >= deadline) throw error;
      await delay(intervalMs);
    }
  }
}
