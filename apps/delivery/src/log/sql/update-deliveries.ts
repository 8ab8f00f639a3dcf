import { type DeliveryRecord, deliveredAtMs } from '../delivery-record.ts';
import { storedAttempt } from '../stored-attempt.ts';
import { RowSet } from './row-set.ts';
import type { Statement } from './statement.ts';

const DELIVERIES = new RowSet<DeliveryRecord>([
  { name: 'id', type: 'text', of: ({ delivery }) => delivery.id },
  { name: 'created_at', type: 'timestamptz', of: ({ delivery }) => delivery.createdAtMs },
  { name: 'status', type: 'text', of: ({ status }) => status },
  { name: 'reason', type: 'text', of: ({ reason }) => reason },
  { name: 'payload_style', type: 'text', of: ({ delivery }) => delivery.style?.payloadStyle },
  { name: 'api_version', type: 'text', of: ({ delivery }) => delivery.style?.apiVersion },
  { name: 'attempt_count', type: 'int', of: ({ delivery, attempt }) => attempt?.number ?? delivery.attemptCount },
  { name: 'due_in_ms', type: 'float8', of: ({ dueInMs }) => dueInMs },
  { name: 'attempt_at', type: 'timestamptz', of: ({ attempt }) => attempt?.startedAtMs },
  { name: 'delivered_at', type: 'timestamptz', of: deliveredAtMs },
  { name: 'status_code', type: 'int', of: ({ attempt }) => attempt?.statusCode },
  { name: 'error_category', type: 'text', of: ({ attempt }) => attempt?.errorCategory || null },
  { name: 'attempt_id', type: 'text', of: ({ attempt }) => attempt?.id },
  { name: 'attempt', type: 'json', of: ({ attempt }) => (attempt === undefined ? null : storedAttempt(attempt)) },
]);

// A row that waits no more was ended by another path, e.g. canceled by the uninstall: only a success still counts for it.
const TEXT = `
WITH record AS (
  SELECT * FROM ${DELIVERIES.unnest('record')}
), attempts AS (
  INSERT INTO attempt (delivery_id, created_at, id, attempt)
  SELECT id, created_at, attempt_id, attempt FROM record WHERE attempt_id IS NOT NULL
  ON CONFLICT DO NOTHING
)
UPDATE delivery SET
  status = record.status,
  reason = record.reason,
  payload_style = coalesce(delivery.payload_style, record.payload_style),
  api_version = coalesce(delivery.api_version, record.api_version),
  attempt_count = greatest(delivery.attempt_count, record.attempt_count),
  next_attempt_at =
    CASE WHEN record.due_in_ms = 0 THEN least(delivery.created_at, now()) ELSE now() + record.due_in_ms * interval '1 ms' END,
  first_attempt_at = coalesce(delivery.first_attempt_at, record.attempt_at),
  delivered_at = record.delivered_at,
  last_status_code = CASE WHEN record.attempt_id IS NULL THEN delivery.last_status_code ELSE record.status_code END,
  last_error_category = CASE WHEN record.attempt_id IS NULL THEN delivery.last_error_category ELSE record.error_category END,
  lease_owner = NULL,
  lease_until = NULL
FROM record
WHERE delivery.id = record.id AND delivery.created_at = record.created_at
  AND delivery.status <> 'delivered' AND (delivery.next_attempt_at IS NOT NULL OR record.status = 'delivered')`;

/** Deliveries that were taken from Postgres under a lease; the lease ends. Saying it twice changes nothing. */
export function updateDeliveries(records: readonly DeliveryRecord[]): Statement {
  return { name: 'update-deliveries', text: TEXT, values: DELIVERIES.parameters(records) };
}
