import type { DeliveryRecord } from '../delivery-record.ts';
import { columnsOf } from './columns.ts';

const TEXT = `
INSERT INTO event_body (event_id, created_at, event, data)
SELECT event_id, to_timestamp(created_ms / 1000), event, data
FROM unnest($1::text[], $2::float8[], $3::bytea[], $4::bytea[]) AS row (event_id, created_ms, event, data)
ON CONFLICT DO NOTHING`;

/** The events of the records, each once, however many deliveries it has. */
export function insertEventBodies(records: readonly DeliveryRecord[]): { name: string; text: string; values: unknown[][] } {
  const bodies = new Map(records.map(({ delivery }) => [delivery.source, delivery]));
  return { name: 'insert-event-bodies', text: TEXT, values: columnsOf([...bodies.values()], cells) };
}

function cells({ source, createdAtMs }: DeliveryRecord['delivery']): unknown[] {
  return [source.event.eventId, createdAtMs, source.eventBytes, source.data];
}
