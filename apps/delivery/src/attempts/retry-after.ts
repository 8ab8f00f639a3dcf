/** An endpoint may put its next attempt off by a day at most (api.md). */
export const LONGEST_RETRY_AFTER_MS = 24 * 60 * 60 * 1000;
const SECONDS = /^\d{1,15}$/;
// RFC 9110, 5.6.7: the form that senders must use.
const HTTP_DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * A Retry-After header in ms from now, 24 h at most; undefined when there is none or it makes no sense (negative, past, a word). A date
 * counts from the response's own Date when it has one: the worker's clock, or the endpoint's, may be wrong.
 */
export function retryAfterMs(
  header: string | undefined,
  { nowMs, date }: { nowMs: number; date?: string | undefined },
): number | undefined {
  const text = header?.trim() ?? '';
  if (SECONDS.test(text)) return Math.min(Number(text) * 1000, LONGEST_RETRY_AFTER_MS);
  if (!HTTP_DATE.test(text)) return undefined;
  const wishMs = Date.parse(text) - (date !== undefined && HTTP_DATE.test(date) ? Date.parse(date) : nowMs);
  return wishMs >= 0 ? Math.min(wishMs, LONGEST_RETRY_AFTER_MS) : undefined;
}
