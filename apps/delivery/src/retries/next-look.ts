// All workers' looks together take a tenth of one connection's time: 5,000 apps with something due are looked at every half second.
const REST_FACTOR = 9;
// A look that waited, e.g. for a locked table, was not work, and what is due must not rest for minutes after it.
const LONGEST_REST_MS = 5000;

export interface Look {
  readonly startedMs: number;
  readonly endedMs: number;
  /** From one look to the next, in ms, as long as they cost little. */
  readonly intervalMs: number;
  /** Workers that look. */
  readonly workers: number;
}

/** When a worker looks for due deliveries again, after a look, in ms by the clock that the look was timed with. */
export function nextLookMs({ startedMs, endedMs, intervalMs, workers }: Look): number {
  const restMs = Math.min(LONGEST_REST_MS, (endedMs - startedMs) * REST_FACTOR * workers);
  return Math.max(startedMs + intervalMs, endedMs + restMs);
}
