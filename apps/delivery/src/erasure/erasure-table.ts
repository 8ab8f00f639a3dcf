import { MANDATORY_LIFECYCLE_TYPES } from '@hookwright/contracts';
import type pg from 'pg';

/** A merchant whose events are being taken out of the log. */
export interface Erasure {
  readonly merchantId: string;
  /** Events up to this time. */
  readonly untilMs: number;
  /** 1: all that there is; 2: what a worker that was behind has written meanwhile. */
  readonly look: number;
  /** The last partition that this look is through with. */
  readonly through: string;
}

const PUT = `
INSERT INTO merchant_erasure (merchant_id, until_at, due_at) VALUES ($1, to_timestamp($2::float8 / 1000), now())
ON CONFLICT (merchant_id) DO UPDATE SET until_at = excluded.until_at, look = 1, through = '', due_at = now(), done_at = NULL
WHERE merchant_erasure.until_at < excluded.until_at`;
const DONE_AT = 'SELECT (extract(epoch FROM done_at) * 1000)::float8 AS done_ms FROM merchant_erasure WHERE merchant_id = $1';
const NEXT_DUE = `
SELECT merchant_id AS "merchantId", (extract(epoch FROM until_at) * 1000)::float8 AS "untilMs", look, through
FROM merchant_erasure WHERE due_at <= now() ORDER BY due_at LIMIT 1`;
const IN_FLIGHT = `
SELECT FROM delivery WHERE next_attempt_at IS NOT NULL AND merchant_id = $1 AND created_at <= to_timestamp($2::float8 / 1000)
  AND event_type <> ALL ($3::text[]) LIMIT 1`;
// Only what was looked at: a later request begins anew.
const SAME = 'WHERE merchant_id = $1 AND until_at = to_timestamp($2::float8 / 1000)';

/** The erasures that were asked for and how far each has come: so that another worker goes on where one died. */
export class ErasureTable {
  constructor(private readonly pool: pg.Pool) {}

  /** Whether something of the merchant's still waits, which can only be in flight once the rest of it is canceled. */
  async isAnyInFlight({ merchantId, untilMs }: Erasure): Promise<boolean> {
    return (await this.pool.query(IN_FLIGHT, [merchantId, untilMs, MANDATORY_LIFECYCLE_TYPES])).rows.length > 0;
  }

  /** Stays as it is when it was asked for before, with this time or a later one. When it was done. */
  async put(merchantId: string, untilMs: number): Promise<number | undefined> {
    await this.pool.query(PUT, [merchantId, untilMs]);
    const { rows } = await this.pool.query<{ done_ms: number | null }>(DONE_AT, [merchantId]);
    return rows[0]?.done_ms ?? undefined;
  }

  async nextDue(): Promise<Erasure | undefined> {
    return (await this.pool.query<Erasure>(NEXT_DUE)).rows[0];
  }

  async isThrough({ merchantId, untilMs }: Erasure, partition: string): Promise<void> {
    await this.pool.query(`UPDATE merchant_erasure SET through = $3 ${SAME}`, [merchantId, untilMs, partition]);
  }

  /** Another look, the second one, from the first partition on. */
  async lookAgain({ merchantId, untilMs }: Erasure, inMs: number): Promise<void> {
    const set = "look = 2, through = '', due_at = now() + $3 * interval '1 ms'";
    await this.pool.query(`UPDATE merchant_erasure SET ${set} ${SAME}`, [merchantId, untilMs, inMs]);
  }

  async finish({ merchantId, untilMs }: Erasure): Promise<void> {
    await this.pool.query(`UPDATE merchant_erasure SET due_at = NULL, done_at = now() ${SAME}`, [merchantId, untilMs]);
  }
}
