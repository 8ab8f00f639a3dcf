/** One worker's share of what an endpoint takes at once. At least one: what may not be sent any more leaves its lane this way too. */
export function shareOf(maxConcurrency: number | undefined, workers: number): number {
  return Math.max(1, Math.ceil((maxConcurrency ?? 1) / workers));
}
