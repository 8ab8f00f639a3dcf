import type { Statement } from './statement.ts';

// The plan is made while the day's partition is empty and kept: LIMIT makes it one look into the primary key for each id, whatever the
// table's size. Later than now are clocks that go ahead.
const look = (table: string, key: string): string => `
SELECT wanted.id FROM unnest($1::text[]) AS wanted (id)
CROSS JOIN LATERAL (
  SELECT FROM ${table}
  WHERE ${table}.${key} = wanted.id AND created_at > to_timestamp($2::float8 / 1000) AND created_at < now() + interval '1 day'
  LIMIT 1
) AS found`;

const EVENTS = look('event_body', 'event_id');
const DELIVERIES = look('delivery', 'id');

/** Which of the events have a body, stored after that time. An event's body is stored with its first delivery. */
export function findStoredEvents(ids: readonly string[], afterMs: number): Statement {
  return { name: 'find-stored-events', text: EVENTS, values: [ids, afterMs] };
}

/** Which of the deliveries have a row already, made after that time. */
export function findRecorded(ids: readonly string[], afterMs: number): Statement {
  return { name: 'find-recorded', text: DELIVERIES, values: [ids, afterMs] };
}
