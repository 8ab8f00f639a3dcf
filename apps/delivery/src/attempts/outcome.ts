import type { AttemptResult, SendErrorCategory } from '@hookwright/egress';
import { retryAfterMs } from './retry-after.ts';

/** Why an attempt failed, in the API's words (api.md, "Deliveries"). */
export type ErrorCategory = SendErrorCategory | 'http_4xx' | 'http_5xx';

/** What an attempt means for its delivery. */
export type Outcome =
  | { readonly kind: 'delivered'; readonly statusCode: number }
  /** 410: the endpoint wants nothing more, ever. */
  | { readonly kind: 'gone'; readonly statusCode: number; readonly category: ErrorCategory }
  | {
      readonly kind: 'retry';
      readonly statusCode: number | undefined;
      readonly category: ErrorCategory;
      /** The endpoint's own wish, ≤ 24 h. */
      readonly retryAfterMs: number | undefined;
    };

const GONE = 410;
const MAY_ASK_FOR_TIME = new Set([429, 503]);

/** Only 2xx is a success; 410 ends the endpoint; everything else is retried, after 429 and 503 not before their Retry-After. */
export function outcomeOf(result: AttemptResult, nowMs: number): Outcome {
  if (result.kind === 'error') {
    return { kind: 'retry', statusCode: result.statusCode, category: result.category, retryAfterMs: undefined };
  }
  const { statusCode, headers } = result;
  if (statusCode >= 200 && statusCode < 300) return { kind: 'delivered', statusCode };
  const category = categoryOfStatus(statusCode);
  if (statusCode === GONE) return { kind: 'gone', statusCode, category };
  const wish = MAY_ASK_FOR_TIME.has(statusCode) ? retryAfterMs(headers['retry-after'], { nowMs, date: headers['date'] }) : undefined;
  return { kind: 'retry', statusCode, category, retryAfterMs: wish };
}

function categoryOfStatus(statusCode: number): ErrorCategory {
  if (statusCode >= 500) return 'http_5xx';
  if (statusCode >= 400) return 'http_4xx';
  return statusCode >= 300 ? 'redirect' : 'request';
}
