import type { Statement } from '../../log/sql/statement.ts';

const TEXT = `
UPDATE delivery SET status = 'failed', reason = 'payload_expired', next_attempt_at = NULL, lease_owner = NULL, lease_until = NULL
FROM unnest($1::text[], $2::float8[]) AS row (id, created_ms)
WHERE delivery.id = row.id AND delivery.created_at = to_timestamp(row.created_ms / 1000) AND next_attempt_at IS NOT NULL`;

/** Ends deliveries whose event is not kept any more. */
export function failExpired(rows: readonly { readonly id: string; readonly created_ms: number }[]): Statement {
  return { name: 'fail-expired', text: TEXT, values: [rows.map(({ id }) => id), rows.map(({ created_ms }) => created_ms)] };
}
