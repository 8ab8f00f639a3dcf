import { newId } from '@hookwright/contracts';
import type { AttemptResult } from '@hookwright/egress';
import type { Delivery } from '../expansion/delivery.ts';
import type { AttemptRecord, DeliveryRecord } from '../log/delivery-record.ts';
import type { Outcome } from './outcome.ts';
import { nextRetry } from './retry-policy.ts';

export interface MadeAttempt {
  readonly number: number;
  readonly url: string;
  readonly startedAtMs: number;
  readonly signedWith: readonly string[];
  readonly result: AttemptResult;
  readonly outcome: Outcome;
}

/** What is to be stored of an attempt. */
export function attemptRecord({ number, url, startedAtMs, signedWith, result, outcome }: MadeAttempt): AttemptRecord {
  const response = result.kind === 'response' ? result : { headers: {}, body: Buffer.alloc(0), truncated: false };
  return {
    id: newId('att', startedAtMs),
    number,
    url,
    startedAtMs,
    durationMs: result.durationMs,
    statusCode: outcome.statusCode,
    errorCategory: outcome.kind === 'delivered' ? '' : outcome.category,
    ...(result.kind === 'error' ? { errorDetail: result.message } : {}),
    responseHeaders: response.headers,
    responseBody: response.body,
    truncated: response.truncated,
    signedWith,
    retryAfterMs: outcome.kind === 'retry' ? outcome.retryAfterMs : undefined,
  };
}

/** Where an attempt's outcome brings its delivery. `random` is in [0, 1). */
export function recordOfAttempt(
  delivery: Delivery,
  made: MadeAttempt,
  { schedule, random }: { readonly schedule: readonly number[]; readonly random: number },
): DeliveryRecord {
  const attempt = attemptRecord(made);
  const { outcome } = made;
  if (outcome.kind === 'delivered') return { delivery, attempt, status: 'delivered', reason: '', dueInMs: null };
  if (outcome.kind === 'gone') return { delivery, attempt, status: 'failed', reason: 'endpoint_gone', dueInMs: null };
  const dueInMs = nextRetry({ attempt: made.number, retryAfterMs: outcome.retryAfterMs }, schedule, random);
  if (dueInMs === null) return { delivery, attempt, status: 'failed', reason: 'attempts_exhausted', dueInMs };
  // 0 stands for "in the order of creation": a retry is never that.
  return { delivery, attempt, status: 'retry_scheduled', reason: '', dueInMs: Math.max(1, dueInMs) };
}
