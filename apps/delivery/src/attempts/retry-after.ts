/** An endpoint may put its next attempt off by a day at most (api.md). */
export const LONGEST_RETRY_AFTER_MS = 24 * 60 * 60 * 1000;
const SECONDS = /^\d{1,15}$/;
// RFC 9110, 5.6.7: the form that senders must use.
const HTTP_DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** A Retry-After header in ms from now, 24 h at most; undefined when there is none or it makes no sense (negative, past, a word). */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  const text = header?.trim() ?? '';
  const wishMs = SECONDS.test(text) ? Number(text) * 1000 : HTTP_DATE.test(text) ? Date.parse(text) - nowMs : NaN;
  return Number.isNaN(wishMs) || wishMs < 0 ? undefined : Math.min(wishMs, LONGEST_RETRY_AFTER_MS);
}
