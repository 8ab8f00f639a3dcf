import { LONGEST_RETRY_AFTER_MS } from './retry-after.ts';

/** Retries of thousands of endpoints that failed in the same second spread over a fifth of the pause (row I5 of the fault table). */
export const JITTER = 0.2;

export interface FailedAttempt {
  /** 1-based number of the attempt that failed. */
  readonly attempt: number;
  /** The endpoint's own wish, already held to its bounds. */
  readonly retryAfterMs: number | undefined;
}

/**
 * Pause before the next attempt in ms, or null to give up. Never below Retry-After, and at most 20 % over the schedule's pause.
 * `schedule` has the pauses after the first, second… attempt in seconds; `random` is in [0, 1). Source: design.md, "Delivery".
 */
export function nextRetry({ attempt, retryAfterMs = 0 }: FailedAttempt, schedule: readonly number[], random: number): number | null {
  const pauseSeconds = schedule[attempt - 1];
  if (pauseSeconds === undefined) return null;
  const jitter = 1 + JITTER * random;
  return Math.round(Math.max(pauseSeconds * 1000 * jitter, Math.min(retryAfterMs * jitter, LONGEST_RETRY_AFTER_MS)));
}
