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
  readonly event: Buffer | null;
  readonly data: Buffer | null;
}

// Of each app the oldest, as many as its lane has room for. Rows another worker looks at in the same moment are passed over.
const TEXT = `
WITH due AS (
  SELECT oldest.id, oldest.created_at, lane.lease_ms
  FROM unnest($1::text[], $2::int[], $3::int[]) AS lane (app_id, room, lease_ms)
  CROSS JOIN LATERAL (
    SELECT id, created_at FROM delivery
    WHERE delivery.app_id = lane.app_id AND next_attempt_at <= now() AND (lease_until IS NULL OR lease_until < now())
      AND created_at > now() - interval '8 days' AND created_at < now() + interval '1 day'
    ORDER BY next_attempt_at, created_at
    LIMIT lane.room
    FOR UPDATE SKIP LOCKED
  ) AS oldest
), claimed AS (
  UPDATE delivery SET lease_owner = $4, lease_until = now() + due.lease_ms * interval '1 ms'
  FROM due
  WHERE delivery.id = due.id AND delivery.created_at = due.created_at
  RETURNING delivery.*
)
SELECT
  claimed.id, (extract(epoch FROM claimed.created_at) * 1000)::float8 AS created_ms,
  (extract(epoch FROM now() - claimed.created_at) * 1000)::float8 AS waited_ms, claimed.app_id, installation_id, generation, trigger,
  payload_style, api_version, attempt_count, event_body.event, event_body.data
FROM claimed
LEFT JOIN event_body ON event_body.event_id = claimed.event_id AND event_body.created_at = claimed.created_at
ORDER BY next_attempt_at, claimed.created_at`;

/** What may be claimed of one app. */
export interface Claim {
  readonly appId: string;
  readonly room: number;
  readonly leaseMs: number;
}

/** Claims due deliveries for the worker `owner`. */
export function claimDue(claims: readonly Claim[], owner: string): { name: string; text: string; values: unknown[] } {
  const values = [claims.map(({ appId }) => appId), claims.map(({ room }) => room), claims.map(({ leaseMs }) => leaseMs), owner];
  return { name: 'claim-due', text: TEXT, values };
}
