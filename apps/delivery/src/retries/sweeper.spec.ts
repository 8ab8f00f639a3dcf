import { createLogger } from '@hookwright/runtime';
import { type TestDatabase, createDatabase, eventually, uniqueName } from '@hookwright/testkit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { insertWaiting } from '../rig/waiting-rows.ts';
import { Sweeper } from './sweeper.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

let database: TestDatabase;
let sweeper: Sweeper;

beforeAll(async () => {
  database = await createDatabase('delivery');
  sweeper = new Sweeper(database.pool, createLogger('spec', 'fatal'));
});

afterAll(async () => {
  await sweeper.stop();
  await database.drop();
});

async function standingOf(appId: string): Promise<string[]> {
  const { rows } = await database.pool.query<{ standing: string }>(
    `SELECT DISTINCT concat_ws(' ', status, reason, CASE WHEN next_attempt_at IS NULL THEN 'for good' END) AS standing FROM delivery WHERE app_id = $1`,
    [appId],
  );
  return rows.map(({ standing }) => standing);
}

describe('Sweeper', () => {
  it('ends, from its start on, what waited until its event was not kept any more, and nothing younger', async () => {
    const [old, young] = [uniqueName('app'), uniqueName('app')];
    await insertWaiting(database.pool, { appIds: [old], count: 1500, reason: 'endpoint_paused', oldestAgoMs: 9 * DAY_MS });
    await insertWaiting(database.pool, { appIds: [young], count: 3, reason: 'endpoint_paused', oldestAgoMs: 7.9 * DAY_MS });
    sweeper.start();
    await eventually(async () => expect(await standingOf(old)).toEqual(['failed payload_expired for good']));
    expect(await standingOf(young)).toEqual(['pending endpoint_paused']);
  });
});
