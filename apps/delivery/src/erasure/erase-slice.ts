import type pg from 'pg';
import type { StoredAttempt } from '../log/stored-attempt.ts';

/** A delivery of a merchant's event. */
export interface FoundDelivery {
  readonly id: string;
  readonly event_id: string;
  readonly created_ms: number;
  readonly first_attempt: StoredAttempt | null;
}

interface FoundAttempt {
  readonly delivery_id: string;
  readonly created_ms: number;
  readonly id: string;
  readonly attempt: StoredAttempt;
}

// Each goes by its primary key, and by the slice's span of time into few partitions only.
const within = (table: string): string =>
  `${table}.created_at BETWEEN to_timestamp($1::float8 / 1000) - interval '1 s' AND to_timestamp($2::float8 / 1000) + interval '1 s'`;
const at = (table: string): string => `${table}.created_at = to_timestamp(row.created_ms / 1000)`;

const DELETE_BODIES = `
DELETE FROM event_body USING unnest($3::text[], $4::float8[]) AS row (event_id, created_ms)
WHERE ${within('event_body')} AND event_body.event_id = row.event_id AND ${at('event_body')}`;
const UPDATE_DELIVERIES = `
UPDATE delivery SET first_attempt = row.attempt FROM unnest($3::text[], $4::float8[], $5::json[]) AS row (id, created_ms, attempt)
WHERE ${within('delivery')} AND delivery.id = row.id AND ${at('delivery')}`;
const FIND_ATTEMPTS = `
SELECT attempt.delivery_id, (extract(epoch FROM attempt.created_at) * 1000)::float8 AS created_ms, attempt.id, attempt.attempt
FROM attempt JOIN unnest($3::text[], $4::float8[]) AS row (delivery_id, created_ms)
  ON attempt.delivery_id = row.delivery_id AND ${at('attempt')}
WHERE ${within('attempt')}`;
const UPDATE_ATTEMPTS = `
UPDATE attempt SET attempt = row.attempt
FROM unnest($3::text[], $4::float8[], $5::text[], $6::json[]) AS row (delivery_id, created_ms, id, attempt)
WHERE ${within('attempt')} AND attempt.delivery_id = row.delivery_id AND attempt.id = row.id AND ${at('attempt')}`;

/** Takes some deliveries' events out of the log, and what was answered to them. May be repeated. */
export async function eraseSlice(pool: pg.Pool, found: readonly FoundDelivery[]): Promise<void> {
  const times = found.map(({ created_ms }) => created_ms);
  const span = [Math.min(...times), Math.max(...times)];
  await pool.query(DELETE_BODIES, [...span, found.map(({ event_id }) => event_id), times]);
  const spoken = found.flatMap(({ id, created_ms, first_attempt: attempt }) =>
    saysSomething(attempt) ? [{ id, created_ms, attempt }] : [],
  );
  await pool.query(UPDATE_DELIVERIES, [...span, ...columns(spoken, 'id'), spoken.map(({ attempt }) => silenced(attempt))]);
  const ids = found.map(({ id }) => id);
  const { rows } = await pool.query<FoundAttempt>(FIND_ATTEMPTS, [...span, ids, times]);
  const further = rows.filter(({ attempt }) => saysSomething(attempt));
  const values = [...columns(further, 'delivery_id'), further.map(({ id }) => id), further.map(({ attempt }) => silenced(attempt))];
  await pool.query(UPDATE_ATTEMPTS, [...span, ...values]);
}

function columns<Key extends string>(rows: readonly ({ readonly created_ms: number } & Readonly<Record<Key, string>>)[], key: Key) {
  return [rows.map((row) => row[key]), rows.map(({ created_ms }) => created_ms)];
}

function saysSomething(attempt: StoredAttempt | null): attempt is StoredAttempt {
  return attempt !== null && (attempt.responseBody !== '' || Object.keys(attempt.responseHeaders).length > 0);
}

/** Here and not in SQL: PostgreSQL cannot look into a JSON text that has NUL in it (stored-attempt.ts). */
function silenced(attempt: StoredAttempt): string {
  return JSON.stringify({ ...attempt, responseBody: '', responseHeaders: {} });
}
