import { createLogger } from '@hookwright/runtime';
import { type TestDatabase, createDatabase, uniqueName } from '@hookwright/testkit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { deliveriesWaiting, oldestPendingSeconds } from '../metrics.ts';
import { insertWaiting } from '../rig/waiting-rows.ts';
import { WaitingGauges } from './waiting-gauges.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createDatabase('delivery');
});

afterAll(() => database.drop());

const waiting = async (): Promise<Record<string, number>> =>
  Object.fromEntries((await deliveriesWaiting.get()).values.map(({ labels, value }) => [String(labels['reason']), value]));
const oldest = async () => (await oldestPendingSeconds.get()).values[0]!.value;

describe('WaitingGauges', () => {
  it('say what waits for which reason, and for how long', async () => {
    const gauges = new WaitingGauges(database.pool, createLogger('spec', 'fatal'));
    await insertWaiting(database.pool, {
      appIds: [uniqueName('app'), uniqueName('app')],
      count: 3,
      reason: 'rate_limited',
      oldestAgoMs: 90_000,
    });
    await insertWaiting(database.pool, { appIds: [uniqueName('app')], count: 2, reason: '', dueInMs: 60_000 });
    await gauges.look();
    expect(await waiting()).toEqual({ rate_limited: 6, retry: 2 });
    expect(Math.floor(await oldest())).toBe(90);
    await database.pool.query('UPDATE delivery SET next_attempt_at = NULL');
    await gauges.look();
    expect([await waiting(), await oldest()]).toEqual([{}, 0]);
  });
});
