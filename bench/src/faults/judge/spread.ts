/**
 * How much the busiest second has beyond the mean of all seconds from the first to the last time; NaN of none. Seconds are counted from
 * the first time. Times in ms.
 */
export function busiestToMean(timesMs: readonly number[]): number {
  if (timesMs.length === 0) return Number.NaN;
  const firstMs = timesMs.reduce((least, atMs) => Math.min(least, atMs), Infinity);
  const seconds = new Map<number, number>();
  for (const atMs of timesMs) {
    const second = Math.floor((atMs - firstMs) / 1000);
    seconds.set(second, (seconds.get(second) ?? 0) + 1);
  }
  const last = Math.max(...seconds.keys());
  return Math.max(...seconds.values()) / (timesMs.length / (last + 1));
}
