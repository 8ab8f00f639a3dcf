import { MANDATORY_LIFECYCLE_TYPES } from '@hookwright/contracts';
import type pg from 'pg';
import type { Erasure } from './erasure-table.ts';
import type { FoundDelivery } from './erase-slice.ts';

const SLICE = 1000;
const LIST = `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'delivery'::regclass ORDER BY name`;

/** The day's partitions of the deliveries, oldest first, then the default one. */
export async function deliveryPartitions(client: pg.ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(LIST);
  return rows.map(({ name }) => name);
}

/**
 * Reads a partition from its beginning to its end, once, and hands out the merchant's deliveries, as many at once as one statement does in
 * good time. Those that wait are left out: they are another worker's, or must still go out.
 */
export async function scanPartition(
  client: pg.ClientBase,
  { partition, erasure, onSlice }: { partition: string; erasure: Erasure; onSlice: (found: readonly FoundDelivery[]) => Promise<void> },
): Promise<void> {
  await client.query('BEGIN');
  const text = `DECLARE found NO SCROLL CURSOR FOR
    SELECT id, event_id, (extract(epoch FROM created_at) * 1000)::float8 AS created_ms, first_attempt FROM ${partition}
    WHERE merchant_id = $1 AND created_at <= to_timestamp($2::float8 / 1000) AND event_type <> ALL ($3::text[])
      AND next_attempt_at IS NULL`;
  await client.query(text, [erasure.merchantId, erasure.untilMs, MANDATORY_LIFECYCLE_TYPES]);
  for (;;) {
    const { rows } = await client.query<FoundDelivery>(`FETCH ${SLICE} FROM found`);
    if (rows.length === 0) break;
    await onSlice(rows);
  }
  await client.query('COMMIT');
}
