import { sourceName } from '../../expansion/body.ts';
import type { Delivery } from '../../expansion/delivery.ts';
import { type DeliveryRecord, deliveredAtMs } from '../delivery-record.ts';
import { storedAttempt } from '../stored-attempt.ts';
import type { Copy } from './copy-in.ts';
import { type Column, RowSet } from './row-set.ts';
import type { Statement } from './statement.ts';

const LARGEST_INT = 2_147_483_647;

/** An event's own bytes, and the time it came. */
type Body = Pick<Delivery, 'source' | 'createdAtMs'>;

const BODIES = new RowSet<Body>([
  { name: 'event_id', type: 'text', of: ({ source }) => source.event.eventId },
  { name: 'created_at', type: 'timestamptz', of: ({ createdAtMs }) => createdAtMs },
  { name: 'event', type: 'bytea', of: ({ source }) => source.eventBytes },
  { name: 'data', type: 'bytea', of: ({ source }) => source.data },
]);

const COLUMNS: readonly Column<DeliveryRecord>[] = [
  { name: 'id', type: 'text', of: ({ delivery }) => delivery.id },
  { name: 'created_at', type: 'timestamptz', of: ({ delivery }) => delivery.createdAtMs },
  { name: 'app_id', type: 'text', of: ({ delivery }) => delivery.appId },
  { name: 'event_id', type: 'text', of: ({ delivery }) => delivery.source.event.eventId },
  { name: 'event_type', type: 'text', of: ({ delivery }) => delivery.source.event.type },
  { name: 'source', type: 'text', of: ({ delivery }) => sourceName(delivery.source.event.source) },
  { name: 'merchant_id', type: 'text', of: ({ delivery }) => delivery.source.event.merchantId },
  { name: 'installation_id', type: 'text', of: ({ delivery }) => delivery.installationId },
  { name: 'generation', type: 'int', of: ({ delivery }) => Math.min(delivery.generation, LARGEST_INT) },
  { name: 'trigger', type: 'text', of: ({ delivery }) => delivery.trigger },
  { name: 'payload_style', type: 'text', of: ({ delivery }) => delivery.style?.payloadStyle },
  { name: 'api_version', type: 'text', of: ({ delivery }) => delivery.style?.apiVersion },
  { name: 'status', type: 'text', of: ({ status }) => status },
  { name: 'reason', type: 'text', of: ({ reason }) => reason },
  { name: 'attempt_count', type: 'int', of: ({ attempt }) => attempt?.number ?? 0 },
  { name: 'first_attempt_at', type: 'timestamptz', of: ({ attempt }) => attempt?.startedAtMs },
  { name: 'delivered_at', type: 'timestamptz', of: deliveredAtMs },
  { name: 'last_status_code', type: 'int', of: ({ attempt }) => attempt?.statusCode },
  { name: 'last_error_category', type: 'text', of: ({ attempt }) => attempt?.errorCategory || null },
  { name: 'first_attempt', type: 'json', of: ({ attempt }) => (attempt === undefined ? null : storedAttempt(attempt)) },
];

const SETTLED = new RowSet(COLUMNS);
const ANY = new RowSet<DeliveryRecord>([
  ...COLUMNS,
  { name: 'due_in_ms', type: 'float8', of: ({ dueInMs }) => dueInMs },
  { name: 'attempt_id', type: 'text', of: ({ attempt }) => attempt?.id },
]);

const COPY_BODIES = `COPY event_body (${BODIES.names}) FROM STDIN (FORMAT binary)`;
const COPY_SETTLED = `COPY delivery (${SETTLED.names}) FROM STDIN (FORMAT binary)`;

// What waits and is due at once gets the time it was made: the oldest goes first. Pauses count by the database's clock, because a worker's
// may be wrong (row T1 of the fault table). On a conflict another worker recorded it while we sent it too, or we did and never heard: a
// success ends its schedule. The attempts go where there may be several.
const INSERT = `
WITH bodies AS (
  INSERT INTO event_body (${BODIES.names}) SELECT * FROM ${BODIES.unnest('body')}
  ON CONFLICT DO NOTHING
), record AS (
  SELECT * FROM ${ANY.unnest('record', BODIES.width + 1)}
), attempts AS (
  INSERT INTO attempt (delivery_id, created_at, id, attempt)
  SELECT id, created_at, attempt_id, first_attempt FROM record WHERE attempt_id IS NOT NULL
  ON CONFLICT DO NOTHING
)
INSERT INTO delivery AS recorded (
  id, created_at, app_id, event_id, event_type, source, merchant_id, installation_id, generation, trigger, payload_style, api_version,
  status, reason, attempt_count, first_attempt_at, delivered_at, last_status_code, last_error_category, next_attempt_at
)
SELECT
  id, created_at, app_id, event_id, event_type, source, merchant_id, installation_id, generation, trigger, payload_style, api_version,
  status, reason, attempt_count, first_attempt_at, delivered_at, last_status_code, last_error_category,
  CASE WHEN due_in_ms = 0 THEN least(created_at, now()) ELSE now() + due_in_ms * interval '1 ms' END
FROM record
ON CONFLICT (id, created_at) DO UPDATE SET
  status = excluded.status, reason = excluded.reason, next_attempt_at = NULL, delivered_at = excluded.delivered_at,
  attempt_count = recorded.attempt_count + excluded.attempt_count, last_status_code = excluded.last_status_code, last_error_category = NULL
WHERE excluded.status = 'delivered' AND recorded.status <> 'delivered'`;

/** Whether the records may be copied: they wait for nothing, so that nothing of them depends on the database's clock. */
export function canBeCopied(records: readonly DeliveryRecord[]): boolean {
  return records.every(({ dueInMs }) => dueInMs === null);
}

/**
 * Settled deliveries that have no row yet, with the bodies of those of their events that are not stored; a delivery and its attempt are one
 * row. Fails with a unique violation when there is a row: they were looked up before they were sent, so that is rare.
 */
export function copiesOf(records: readonly DeliveryRecord[]): Copy[] {
  const bodies = bodiesOf(records);
  const deliveries = { text: COPY_SETTLED, data: SETTLED.copied(records) };
  return bodies.length === 0 ? [deliveries] : [{ text: COPY_BODIES, data: BODIES.copied(bodies) }, deliveries];
}

/** Deliveries of any kind, of which some may have a row: those keep it, but for a success. */
export function insertDeliveries(records: readonly DeliveryRecord[]): Statement {
  return { name: 'insert-deliveries', text: INSERT, values: [...BODIES.parameters(bodiesOf(records)), ...ANY.parameters(records)] };
}

/** The events that are not stored, each once, however many deliveries and messages it has. */
function bodiesOf(records: readonly DeliveryRecord[]): Body[] {
  const bodies = new Map<string, Body>();
  for (const { delivery } of records) {
    if (!delivery.source.isStored) bodies.set(`${delivery.source.event.eventId} ${delivery.createdAtMs}`, delivery);
  }
  return [...bodies.values()];
}
