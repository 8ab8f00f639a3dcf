import type { MessageInitShape } from '@bufbuild/protobuf';
import { type AttemptSchema, type DeliverySchema, DeliveryStatus, EventSource } from '@hookwright/contracts';
import type { AttemptRow, DeliveryRow } from './deliveries.repository.ts';

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

/** A row as the API's attempt; the response only when it is asked for. */
export function toAttempt(row: AttemptRow, { includeResponse }: { includeResponse: boolean }): MessageInitShape<typeof AttemptSchema> {
  return {
    id: row.id,
    number: row.number,
    url: row.url,
    startedAtMs: toMs(row.startedAt),
    durationMs: row.durationMs,
    errorCategory: row.errorCategory,
    truncated: row.truncated,
    signedWith: row.signedWith,
    ...(row.statusCode === null ? {} : { statusCode: row.statusCode }),
    ...(row.retryAfterSeconds === null ? {} : { retryAfterSeconds: row.retryAfterSeconds }),
    ...(includeResponse ? { responseHeaders: row.responseHeaders as Record<string, string>, responseBody: row.responseBody } : {}),
  };
}

function toMs(date: Date): bigint {
  return BigInt(date.getTime());
}
