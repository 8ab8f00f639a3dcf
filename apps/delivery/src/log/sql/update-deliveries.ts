import type { DeliveryRecord } from '../delivery-record.ts';
import { columnsOf } from './columns.ts';

// A row that waits no more was ended by another path, e.g. canceled by the uninstall: only a success still counts for it.
const TEXT = `
UPDATE delivery SET
  status = row.status,
  reason = row.reason,
  payload_style = coalesce(delivery.payload_style, row.payload_style),
  api_version = coalesce(delivery.api_version, row.api_version),
  attempt_count = greatest(delivery.attempt_count, row.attempt_count),
  next_attempt_at = CASE WHEN row.due_in_ms = 0 THEN least(delivery.created_at, now()) ELSE now() + row.due_in_ms * interval '1 ms' END,
  first_attempt_at = coalesce(delivery.first_attempt_at, to_timestamp(row.attempt_ms / 1000)),
  delivered_at = to_timestamp(row.delivered_ms / 1000),
  last_status_code = CASE WHEN row.attempt_ms IS NULL THEN delivery.last_status_code ELSE row.status_code END,
  last_error_category = CASE WHEN row.attempt_ms IS NULL THEN delivery.last_error_category ELSE row.error_category END,
  lease_owner = NULL,
  lease_until = NULL
FROM unnest(
  $1::text[], $2::float8[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int[], $8::float8[], $9::float8[], $10::float8[], $11::int[],
  $12::text[]
) AS row (
  id, created_ms, status, reason, payload_style, api_version, attempt_count, due_in_ms, attempt_ms, delivered_ms, status_code, error_category
)
WHERE delivery.id = row.id AND delivery.created_at = to_timestamp(row.created_ms / 1000)
  AND delivery.status <> 'delivered' AND (delivery.next_attempt_at IS NOT NULL OR row.status = 'delivered')`;

/** Deliveries that were taken from Postgres under a lease; the lease ends. */
export function updateDeliveries(records: readonly DeliveryRecord[]): { name: string; text: string; values: unknown[][] } {
  return { name: 'update-deliveries', text: TEXT, values: columnsOf(records, cells) };
}

function cells({ delivery, status, reason, dueInMs, attempt }: DeliveryRecord): unknown[] {
  const endedAtMs = attempt === undefined ? null : attempt.startedAtMs + attempt.durationMs;
  return [
    delivery.id,
    delivery.createdAtMs,
    status,
    reason,
    delivery.style?.payloadStyle,
    delivery.style?.apiVersion,
    attempt?.number ?? delivery.attemptCount,
    dueInMs,
    attempt?.startedAtMs,
    status === 'delivered' ? endedAtMs : null,
    attempt?.statusCode,
    attempt?.errorCategory === '' ? null : attempt?.errorCategory,
  ];
}
