import type { HostileRequest } from '../../hostile/journal.ts';
import type { Arrival } from '../judge/pairs.ts';

/** A request of the hostile receiver as the judges take it: answered when an answer was sent on purpose. */
export function toArrival({ appId, webhookId, atMs, statusCode, end, endedAtMs }: HostileRequest): Arrival {
  const isAnswered = end === 'answered' && statusCode !== 0;
  return { appId, webhookId, atMs, status: statusCode, answeredMs: isAnswered && endedAtMs !== null ? endedAtMs : Number.NaN };
}
