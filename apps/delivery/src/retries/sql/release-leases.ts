import type { Statement } from '../../log/sql/statement.ts';

const TEXT = `
UPDATE delivery SET lease_owner = NULL, lease_until = NULL
FROM unnest($1::text[], $2::float8[]) AS row (id, created_ms)
WHERE delivery.id = row.id AND delivery.created_at = to_timestamp(row.created_ms / 1000) AND delivery.lease_owner = $3`;

/** Gives back what was claimed and not begun. */
export function releaseLeases(deliveries: readonly { readonly id: string; readonly createdAtMs: number }[], owner: string): Statement {
  return {
    name: 'release-leases',
    text: TEXT,
    values: [deliveries.map(({ id }) => id), deliveries.map(({ createdAtMs }) => createdAtMs), owner],
  };
}
