/** An endpoint may put its next attempt off by a day at most (api.md). */
export const LONGEST_RETRY_AFTER_MS = 24 * 60 * 60 * 1000;
const SECONDS = /^\d{1,15}$/;
// RFC 9110, 5.6.7: the form that senders must use, and the two old ones that receivers must know.
const MONTH = '(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)';
const TIME = '\\d{2}:\\d{2}:\\d{2}';
const IMF_FIXDATE = new RegExp(`^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \\d{2} ${MONTH} \\d{4} ${TIME} GMT$`);
const RFC_850 = new RegExp(`^(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, \\d{2}-${MONTH}-\\d{2} ${TIME} GMT$`);
const ASCTIME = new RegExp(`^(Mon|Tue|Wed|Thu|Fri|Sat|Sun) ${MONTH} [ \\d]\\d ${TIME} \\d{4}$`);

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
  const wishMs = httpDateMs(text) - (httpDateMs(date ?? '') || nowMs);
  return wishMs >= 0 ? Math.min(wishMs, LONGEST_RETRY_AFTER_MS) : undefined;
}

/** NaN for what is no HTTP date. */
function httpDateMs(text: string): number {
  if (IMF_FIXDATE.test(text) || RFC_850.test(text)) return Date.parse(text);
  return ASCTIME.test(text) ? Date.parse(`${text} GMT`) : Number.NaN;
}
