import { IS_KEPT } from '../../log/sql/kept.ts';
import type { Statement } from '../../log/sql/statement.ts';

/** A due delivery under a lease of ours, with its event when it is still kept. Times in ms. */
export interface ClaimedRow {
  readonly id: string;
  readonly created_ms: number;
  readonly waited_ms: number;
  readonly app_id: string;
  readonly installation_id: string;
  readonly generation: number;
  readonly trigger: string;
  readonly payload_style: string | null;
  readonly api_version: string | null;
  readonly attempt_count: number;
  readonly reason: string;
  readonly event: Buffer | null;
  readonly data: Buffer | null;
}

// Of each app the oldest, as many as its lane has room for, and of all of them, each app's in turns, no more than fits into so many bytes: at
// least one. Rows another worker looks at in the same moment are passed over.
const TEXT = `
WITH due AS (
  SELECT
    oldest.id, oldest.created_at, oldest.event_id, lane.lease_ms,
    row_number() OVER (PARTITION BY lane.app_id ORDER BY oldest.next_attempt_at, oldest.created_at) AS turn
  FROM unnest($1::text[], $2::int[], $3::int[]) AS lane (app_id, room, lease_ms)
  CROSS JOIN LATERAL (
    SELECT id, created_at, event_id, next_attempt_at FROM delivery
    WHERE delivery.app_id = lane.app_id AND next_attempt_at <= now() AND (lease_until IS NULL OR lease_until < now())
      AND ${IS_KEPT}
    ORDER BY next_attempt_at, created_at
    LIMIT lane.room
    FOR UPDATE SKIP LOCKED
  ) AS oldest
), with_body AS (
  SELECT due.id, due.created_at, due.lease_ms, event, data,
    coalesce(sum(octet_length(data)) OVER (
      ORDER BY due.turn, due.created_at, due.id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ), 0) AS bytes_before
  FROM due
  LEFT JOIN event_body ON event_body.event_id = due.event_id AND event_body.created_at = due.created_at
), claimed AS (
  UPDATE delivery SET lease_owner = $4, lease_until = now() + with_body.lease_ms * interval '1 ms'
  FROM with_body
  WHERE delivery.id = with_body.id AND delivery.created_at = with_body.created_at AND with_body.bytes_before < $5
  RETURNING delivery.*, with_body.event, with_body.data
)
SELECT
  claimed.id, (extract(epoch FROM claimed.created_at) * 1000)::float8 AS created_ms,
  (extract(epoch FROM now() - claimed.created_at) * 1000)::float8 AS waited_ms, claimed.app_id, installation_id, generation, trigger,
  payload_style, api_version, attempt_count, reason, event, data
FROM claimed
ORDER BY next_attempt_at, claimed.created_at`;

/** What may be claimed of one app. */
export interface Claim {
  readonly appId: string;
  readonly room: number;
  readonly leaseMs: number;
}

/** Claims due deliveries for the worker `owner`: one event's body may go beyond `bytes`, and no further one. */
export function claimDue(claims: readonly Claim[], { owner, bytes }: { owner: string; bytes: number }): Statement {
  const lanes = [claims.map(({ appId }) => appId), claims.map(({ room }) => room), claims.map(({ leaseMs }) => leaseMs)];
  return { name: 'claim-due', text: TEXT, values: [...lanes, owner, bytes] };
}
