import { inTransaction } from '@hookwright/postgres';
import type { Pool } from 'pg';
import type { SealedKey } from '../encryption/envelope.ts';

/** How many secrets have a data key under a master key. */
export interface KeyCount {
  readonly keyId: string;
  readonly secrets: number;
}

export interface WrappedRow {
  readonly id: string;
  readonly app_id: string;
  readonly wrapped_key: Buffer;
}

/** A row with what it is to have instead. */
export interface Rewrapped {
  readonly id: string;
  readonly sealed: SealedKey;
}

export interface Page {
  readonly keyId: string;
  /** Rows come in the order of their ids, those after this one. */
  readonly afterId: string;
  readonly limit: number;
}

export interface Replaced {
  readonly rows: number;
  /** Fewer than rows: the others did not open, or somebody else changed or held them. */
  readonly replaced: number;
  readonly lastId: string;
}

// One replica at a time, so that a key management service is not asked twice for the same. Any constant does.
const LOCK_KEY = 7_316_203;

const COUNT = `SELECT key_id AS "keyId", count(*)::int AS secrets FROM secret WHERE key_id IS NOT NULL GROUP BY key_id ORDER BY key_id`;
const TAKE_LOCK = 'SELECT pg_try_advisory_xact_lock($1) AS mine';
const PAGE = 'SELECT id, app_id, wrapped_key FROM secret WHERE key_id = $1 AND id > $2 ORDER BY id LIMIT $3';
// Only what still has the old key: a row that was swept or erased meanwhile stays as it is. Rows that a change of their app holds are
// skipped until the next look: waiting for one while holding another is how deadlocks are made.
const REPLACE = `UPDATE secret SET wrapped_key = new.wrapped_key, key_id = new.key_id
  FROM unnest($2::text[], $3::bytea[], $4::text[]) AS new (id, wrapped_key, key_id)
  WHERE secret.id = new.id AND secret.key_id = $1
    AND secret.id IN (SELECT id FROM secret WHERE id = ANY($2::text[]) FOR UPDATE SKIP LOCKED)`;

/** Queries only: which master key has wrapped what, and its replacement. */
export class WrappedKeysRepository {
  constructor(private readonly pool: Pool) {}

  async count(): Promise<KeyCount[]> {
    return (await this.pool.query<KeyCount>(COUNT)).rows;
  }

  /**
   * Gives a page of rows to `rewrap`, and stores what that returns. Undefined: there is none, or another replica is at it. No row is locked
   * while `rewrap` works.
   */
  replacePage(page: Page, rewrap: (rows: readonly WrappedRow[]) => Promise<readonly Rewrapped[]>): Promise<Replaced | undefined> {
    return inTransaction(this.pool, async (client) => {
      const lock = await client.query<{ mine: boolean }>(TAKE_LOCK, [LOCK_KEY]);
      if (lock.rows[0]?.mine !== true) return undefined;
      const { rows } = await client.query<WrappedRow>(PAGE, [page.keyId, page.afterId, page.limit]);
      const lastId = rows.at(-1)?.id;
      if (lastId === undefined) return undefined;
      const done = await rewrap(rows);
      const values = [done.map(({ id }) => id), done.map(({ sealed }) => sealed.wrappedKey), done.map(({ sealed }) => sealed.keyId)];
      const { rowCount } = await client.query(REPLACE, [page.keyId, ...values]);
      return { rows: rows.length, replaced: rowCount ?? 0, lastId };
    });
  }
}
