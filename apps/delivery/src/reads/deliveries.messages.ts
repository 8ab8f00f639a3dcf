import type { MessageInitShape } from '@bufbuild/protobuf';
import { type AttemptSchema, type DeliverySchema, DeliveryStatus, EventSource } from '@hookwright/contracts';
import type { AttemptRecord } from '../log/delivery-record.ts';
import type { DeliveryRow } from './deliveries.repository.ts';

const STATUS_OF: Readonly<Record<string, DeliveryStatus>> = {
  pending: DeliveryStatus.PENDING,
  in_flight: DeliveryStatus.IN_FLIGHT,
  retry_scheduled: DeliveryStatus.RETRY_SCHEDULED,
  delivered: DeliveryStatus.DELIVERED,
  failed: DeliveryStatus.FAILED,
  suppressed: DeliveryStatus.SUPPRESSED,
  canceled: DeliveryStatus.CANCELED,
};

const NAME_OF = new Map(Object.entries(STATUS_OF).map(([name, status]) => [status, name]));

/** The status as it is stored; undefined for "any". */
export function statusName(status: DeliveryStatus): string | undefined {
  return NAME_OF.get(status);
}

/** A row as the API's delivery. */
export function toDelivery(
  row: DeliveryRow,
  { maxAttempts, now }: { maxAttempts: number; now: Date },
): MessageInitShape<typeof DeliverySchema> {
  const isInFlight = row.nextAttemptAt !== null && row.leaseUntil !== null && row.leaseUntil > now;
  return {
    id: row.id,
    appId: row.appId,
    eventId: row.eventId,
    eventType: row.eventType,
    source: row.source === 'partner_app' ? EventSource.PARTNER_APP : EventSource.INSTALLED_MERCHANTS,
    merchantId: row.merchantId,
    installationId: row.installationId,
    status: STATUS_OF[isInFlight ? 'in_flight' : row.status] ?? DeliveryStatus.UNSPECIFIED,
    reason: row.reason,
    attemptCount: row.attemptCount,
    maxAttempts,
    lastErrorCategory: row.lastErrorCategory ?? '',
    trigger: row.trigger,
    createdAtMs: toMs(row.createdAt),
    ...(row.nextAttemptAt === null || row.status !== 'retry_scheduled' ? {} : { nextAttemptAtMs: toMs(row.nextAttemptAt) }),
    ...(row.firstAttemptAt === null ? {} : { firstAttemptAtMs: toMs(row.firstAttemptAt) }),
    ...(row.deliveredAt === null ? {} : { deliveredAtMs: toMs(row.deliveredAt) }),
    ...(row.lastStatusCode === null ? {} : { lastStatusCode: row.lastStatusCode }),
  };
}

/** An attempt as the API's; the response only when it is asked for. */
export function toAttempt(
  attempt: AttemptRecord,
  { includeResponse }: { includeResponse: boolean },
): MessageInitShape<typeof AttemptSchema> {
  const { statusCode, retryAfterMs } = attempt;
  return {
    id: attempt.id,
    number: attempt.number,
    url: attempt.url,
    startedAtMs: BigInt(attempt.startedAtMs),
    durationMs: attempt.durationMs,
    errorCategory: attempt.errorCategory,
    errorDetail: attempt.errorDetail ?? '',
    truncated: attempt.truncated,
    signedWith: [...attempt.signedWith],
    ...(statusCode === undefined ? {} : { statusCode }),
    ...(retryAfterMs === undefined ? {} : { retryAfterSeconds: Math.round(retryAfterMs / 1000) }),
    ...(includeResponse ? { responseHeaders: { ...attempt.responseHeaders }, responseBody: attempt.responseBody } : {}),
  };
}

function toMs(date: Date): bigint {
  return BigInt(date.getTime());
}
