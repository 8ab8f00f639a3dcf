import { MANDATORY_LIFECYCLE_TYPES } from '@hookwright/contracts';
import type { CancelReason, SuppressReason } from '../../endpoints/admission.ts';
import { IS_EXPIRED, IS_KEPT } from '../../log/sql/kept.ts';
import type { Statement } from '../../log/sql/statement.ts';

/** Waiting deliveries that must not go out, and what they become. What is in flight decides for itself. */
export type Sweep =
  | {
      readonly of: 'app';
      readonly appId: string;
      readonly status: 'suppressed' | 'canceled';
      readonly reason: SuppressReason | CancelReason;
      /** Younger ones stay. */
      readonly olderThanMs: number;
    }
  | {
      readonly of: 'installation';
      readonly installationId: string;
      readonly throughGeneration: number;
      readonly reason: CancelReason;
    }
  /** Of events up to a time; what no app can switch off goes on. */
  | { readonly of: 'merchant'; readonly merchantId: string; readonly untilMs: number }
  /** Those that waited, e.g. for a paused endpoint, until their event was not kept any more. */
  | { readonly of: 'expired' };

// A lock on a hundred thousand rows at once would be felt; the sweep is repeated until nothing is left.
export const SWEEP_ROWS = 1000;

const WAITING = `
SELECT id, created_at FROM delivery
WHERE next_attempt_at IS NOT NULL AND (lease_until IS NULL OR lease_until < now())`;
const END = `LIMIT ${SWEEP_ROWS} FOR UPDATE SKIP LOCKED`;
const UPDATE = `
UPDATE delivery SET status = $1, reason = $2, next_attempt_at = NULL, lease_owner = NULL, lease_until = NULL
FROM waiting WHERE delivery.id = waiting.id AND delivery.created_at = waiting.created_at`;

const OF_APP = `WITH waiting AS (${WAITING} AND ${IS_KEPT} AND app_id = $3 AND created_at <= now() - $4 * interval '1 ms' ${END}) ${UPDATE}`;
const OF_INSTALLATION = `
WITH waiting AS (
  ${WAITING} AND ${IS_KEPT} AND installation_id = $3 AND generation <= $4
    AND (source = 'installed_merchants' OR (($2 = 'installation_revoked' OR generation < $4) AND event_type <> ALL ($5))) ${END}
) ${UPDATE}`;
const OF_MERCHANT = `
WITH waiting AS (
  ${WAITING} AND merchant_id = $3 AND created_at <= to_timestamp($4::float8 / 1000) AND event_type <> ALL ($5) ${END}
) ${UPDATE}`;
const EXPIRED = `WITH waiting AS (${WAITING} AND ${IS_EXPIRED} ${END}) ${UPDATE}`;

const LARGEST_INTEGER = 2_147_483_647;

/** Ends at most SWEEP_ROWS of the waiting deliveries. */
export function sweepOnce(sweep: Sweep): Statement {
  if (sweep.of === 'app') {
    const { status, reason, appId, olderThanMs } = sweep;
    return { name: 'sweep-app', text: OF_APP, values: [status, reason, appId, olderThanMs] };
  }
  if (sweep.of === 'expired') return { name: 'sweep-expired', text: EXPIRED, values: ['failed', 'payload_expired'] };
  if (sweep.of === 'merchant') {
    const values = ['canceled', 'merchant_erased', sweep.merchantId, sweep.untilMs, MANDATORY_LIFECYCLE_TYPES];
    return { name: 'sweep-merchant', text: OF_MERCHANT, values };
  }
  const { reason, installationId, throughGeneration } = sweep;
  const values = ['canceled', reason, installationId, Math.min(throughGeneration, LARGEST_INTEGER), MANDATORY_LIFECYCLE_TYPES];
  return { name: 'sweep-installation', text: OF_INSTALLATION, values };
}
