import { createLogger } from '@hookwright/runtime';
import { type TestDatabase, createDatabase } from '@hookwright/testkit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { openLogPool } from '../log/database.ts';
import { Partitions } from '../log/partitions.ts';
import { insertWaiting } from '../rig/waiting-rows.ts';
import { claimDue } from './sql/claim-due.ts';
import { LIST_DUE_APPS } from './sql/list-due-apps.ts';

interface Statement {
  readonly text: string;
  readonly values?: unknown[];
}

let database: TestDatabase;
let pool: pg.Pool;
let partitions: Partitions;

beforeAll(async () => {
  database = await createDatabase('delivery');
  const logger = createLogger('spec', 'fatal');
  pool = openLogPool({ url: database.url, connections: 2, logger });
  partitions = new Partitions(pool, logger);
  await partitions.start();
});

afterAll(async () => {
  partitions.stop();
  await pool.end();
  await database.drop();
});

/** Pages that a statement looks at: what it costs, whatever else the machine does. */
async function pagesOf({ text, values = [] }: Statement): Promise<number> {
  const { rows } = await pool.query<{ 'QUERY PLAN': [{ Plan: Record<string, number> }] }>(
    `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`,
    values,
  );
  const { Plan: plan } = rows[0]!['QUERY PLAN'][0];
  return plan['Shared Hit Blocks']! + plan['Shared Read Blocks']!;
}

const claimOf = (appIds: readonly string[]) =>
  claimDue(
    appIds.map((appId) => ({ appId, room: 20, leaseMs: 25_000 })),
    { owner: 'spec', bytes: 1_000_000 },
  );

/** Deliveries that wait, each of an event of its own of 100 KB. */
async function insertLarge(appId: string, { count, oldestAgoMs = 60_000 }: { count: number; oldestAgoMs?: number }): Promise<void> {
  await insertWaiting(pool, { appIds: [appId], count, oldestAgoMs });
  await pool.query(`UPDATE delivery SET event_id = 'evt_' || id WHERE app_id = $1`, [appId]);
  await pool.query(
    `INSERT INTO event_body (event_id, created_at, event, data)
     SELECT event_id, created_at, '', convert_to(repeat('x', 100000), 'UTF8') FROM delivery WHERE app_id = $1`,
    [appId],
  );
}

describe('the scheduler’s statements', () => {
  it('claim from a backlog of 50,000 for what they do from one of 500, freshly analysed or not', async () => {
    await insertWaiting(pool, { appIds: ['app_shallow'], count: 500 });
    const shallow = await pagesOf(claimOf(['app_shallow']));
    await insertWaiting(pool, { appIds: ['app_deep'], count: 50_000, oldestAgoMs: 3_600_000 });
    const deep = await pagesOf(claimOf(['app_deep']));
    await pool.query('ANALYZE delivery');
    const analysed = await pagesOf(claimOf(['app_deep']));
    expect(Math.max(deep, analysed)).toBeLessThan(shallow * 2);
  });

  it('find the apps with something due at a cost by the number of apps, not of deliveries', async () => {
    const few = await pagesOf(LIST_DUE_APPS);
    expect(few).toBeLessThan(100);
    await insertWaiting(pool, { appIds: Array.from({ length: 1000 }, (_, n) => `app_${n}`), count: 2 });
    await insertWaiting(pool, { appIds: ['app_later'], count: 1000, dueInMs: 60_000 });
    expect(await pagesOf(LIST_DUE_APPS)).toBeLessThan(1000 * 20);
    const { rows } = await pool.query<{ app_id: string }>(LIST_DUE_APPS);
    expect(rows).toHaveLength(1002);
    expect(rows).not.toContainEqual({ app_id: 'app_later' });
  });

  it('claim of each app as many as its lane has room for, the oldest first, and nothing twice', async () => {
    await insertWaiting(pool, { appIds: ['app_few'], count: 10 });
    const claim = async (owner: string) =>
      (
        await pool.query<{ app_id: string; created_ms: number }>(
          claimDue([{ appId: 'app_few', room: 3, leaseMs: 5000 }], { owner, bytes: 1_000_000 }),
        )
      ).rows;
    const [first, second] = [await claim('one'), await claim('two')];
    expect([first.length, second.length]).toEqual([3, 3]);
    const made = [...first, ...second].map(({ created_ms: ms }) => Math.round(ms));
    expect(made).toEqual(made.toSorted((one, other) => one - other));
    expect(new Set(made).size).toBe(6);
  });

  it('claim as many as fit into so many bytes, one event beyond, and the others later', async () => {
    await insertLarge('app_large', { count: 5 });
    const claim = async (bytes: number) =>
      (await pool.query<{ data: Buffer }>(claimDue([{ appId: 'app_large', room: 20, leaseMs: 5000 }], { owner: 'spec', bytes }))).rows;
    const claimed = [await claim(1), await claim(100_001), await claim(1_000_000), await claim(1_000_000)];
    expect(claimed.map((rows) => rows.map(({ data }) => data.length))).toEqual([[100_000], [100_000, 100_000], [100_000, 100_000], []]);
  });

  it('share those bytes among the apps, however old and large the backlog of one is', async () => {
    await insertLarge('app_old', { count: 50, oldestAgoMs: 3_600_000 });
    await insertLarge('app_young', { count: 2, oldestAgoMs: 1000 });
    const claims = ['app_old', 'app_young'].map((appId) => ({ appId, room: 20, leaseMs: 5000 }));
    const { rows } = await pool.query<{ app_id: string }>(claimDue(claims, { owner: 'spec', bytes: 350_000 }));
    expect(rows.map(({ app_id: appId }) => appId).sort()).toEqual(['app_old', 'app_old', 'app_young', 'app_young']);
  });
});
