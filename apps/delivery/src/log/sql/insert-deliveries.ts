import { sourceName } from '../../expansion/body.ts';
import type { DeliveryRecord } from '../delivery-record.ts';
import { columnsOf } from './columns.ts';

// What waits and is due at once gets the time it was made: the oldest goes first. Pauses count by the database's clock, because a worker's
// may be wrong (row T1 of the fault table). On a conflict another worker recorded it while we sent it too: a success ends its schedule.
const TEXT = `
INSERT INTO delivery AS recorded (
  id, created_at, app_id, event_id, event_type, source, merchant_id, installation_id, generation, trigger, payload_style, api_version,
  status, reason, attempt_count, next_attempt_at, first_attempt_at, delivered_at, last_status_code, last_error_category
)
SELECT
  id, to_timestamp(created_ms / 1000), app_id, event_id, event_type, source, merchant_id, installation_id, generation, trigger,
  payload_style, api_version, status, reason, attempt_count,
  CASE WHEN due_in_ms = 0 THEN least(to_timestamp(created_ms / 1000), now()) ELSE now() + due_in_ms * interval '1 ms' END,
  to_timestamp(first_attempt_ms / 1000), to_timestamp(delivered_ms / 1000), last_status_code, last_error_category
FROM unnest(
  $1::text[], $2::float8[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::int[], $10::text[], $11::text[],
  $12::text[], $13::text[], $14::text[], $15::int[], $16::float8[], $17::float8[], $18::float8[], $19::int[], $20::text[]
) AS row (
  id, created_ms, app_id, event_id, event_type, source, merchant_id, installation_id, generation, trigger, payload_style, api_version,
  status, reason, attempt_count, due_in_ms, first_attempt_ms, delivered_ms, last_status_code, last_error_category
)
ON CONFLICT (id, created_at) DO UPDATE SET
  status = excluded.status, reason = excluded.reason, next_attempt_at = NULL, delivered_at = excluded.delivered_at,
  attempt_count = recorded.attempt_count + excluded.attempt_count, last_status_code = excluded.last_status_code, last_error_category = NULL
WHERE excluded.status = 'delivered' AND recorded.status <> 'delivered'`;

/** Deliveries that have no row yet. */
export function insertDeliveries(records: readonly DeliveryRecord[]): { name: string; text: string; values: unknown[][] } {
  return { name: 'insert-deliveries', text: TEXT, values: columnsOf(records, cells) };
}

function cells({ delivery, status, reason, dueInMs, attempt }: DeliveryRecord): unknown[] {
  const { event } = delivery.source;
  const endedAtMs = attempt === undefined ? null : attempt.startedAtMs + attempt.durationMs;
  return [
    delivery.id,
    delivery.createdAtMs,
    delivery.appId,
    event.eventId,
    event.type,
    sourceName(event.source),
    event.merchantId,
    delivery.installationId,
    delivery.generation,
    delivery.trigger,
    delivery.style?.payloadStyle,
    delivery.style?.apiVersion,
    status,
    reason,
    attempt?.number ?? 0,
    dueInMs,
    attempt?.startedAtMs,
    status === 'delivered' ? endedAtMs : null,
    attempt?.statusCode,
    attempt?.errorCategory === '' ? null : attempt?.errorCategory,
  ];
}
