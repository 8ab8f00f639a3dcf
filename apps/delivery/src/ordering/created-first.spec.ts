import { EventSource, INSTALL_CREATED_TYPE } from '@hookwright/contracts';
import { createLogger } from '@hookwright/runtime';
import { type TestDatabase, createDatabase, eventually, uniqueName } from '@hookwright/testkit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import type { Delivery } from '../expansion/delivery.ts';
import { openLogPool } from '../log/database.ts';
import type { DeliveryLog } from '../log/delivery-log.ts';
import { Partitions } from '../log/partitions.ts';
import { testLog } from '../rig/log.ts';
import { type TestRecord, testRecord } from '../rig/records.ts';
import { TcpProxy } from '../rig/tcp-proxy.ts';
import { insertWaiting } from '../rig/waiting-rows.ts';
import { CreatedFirst } from './created-first.ts';
import { findCreated } from './sql/find-created.ts';
import { GIVE_UP_MS } from './told-installs.ts';

const logger = createLogger('spec', 'fatal');

let database: TestDatabase;
let pool: pg.Pool;
let partitions: Partitions;
let log: DeliveryLog;

beforeAll(async () => {
  database = await createDatabase('delivery');
  pool = openLogPool({ url: database.url, connections: 2, logger });
  partitions = new Partitions(pool, logger);
  await partitions.start();
  log = testLog(pool);
});

afterAll(async () => {
  partitions.stop();
  await pool.end();
  await database.drop();
});

/** Stores what a worker would have recorded of an app's `install.created`. */
async function store(installationId: string, { delivery, ...change }: Partial<TestRecord> = {}): Promise<void> {
  const record = testRecord({
    appId: 'app_1',
    createdAtMs: Date.now(),
    type: INSTALL_CREATED_TYPE,
    source: EventSource.PARTNER_APP,
    delivery: { installationId, ...delivery },
    ...change,
  });
  await new Promise<void>((resolve) => log.record(record, resolve));
}

function eventOf(installationId: string, change: Partial<Delivery> = {}): Delivery {
  return testRecord({ appId: 'app_1', createdAtMs: Date.now(), delivery: { installationId, afterCreated: true, ...change } }).delivery;
}

const waiting = { record: { status: 'pending', dueInMs: 0 } } as const;
const retried = { attempt: { statusCode: 500 }, record: { status: 'retry_scheduled', dueInMs: 30_000 } } as const;
const over = (status: 'suppressed' | 'canceled' | 'failed') => ({ record: { status, dueInMs: null } }) as const;
const DAY_MS = 24 * 60 * 60 * 1000;

describe('CreatedFirst', () => {
  it.each<[string, Partial<TestRecord>[], boolean]>([
    ['nothing recorded', [], false],
    ['one that waits', [waiting], false],
    ['one that waits for a second attempt', [retried], true],
    ['a delivered one', [{ attempt: {} }], true],
    ['one whose endpoint was disabled', [over('suppressed')], true],
    ['a canceled one', [over('canceled')], true],
    ['one that was given up', [over('failed')], true],
    ['one of another generation', [{ attempt: {}, delivery: { generation: 2 } }], false],
    ['another type', [{ attempt: {}, type: 'partner_app.install.updated' }], false],
    ['a test of the partner’s', [{ attempt: {}, delivery: { trigger: 'test' } }], false],
    ['a test of the partner’s beside the real one', [{ ...waiting, delivery: { trigger: 'test' } }, { attempt: {} }], true],
    ['one from days ago that waits', [{ ...waiting, createdAtMs: Date.now() - 7 * DAY_MS }], false],
    ['one from days ago', [{ attempt: {}, createdAtMs: Date.now() - 9 * DAY_MS }], true],
  ])('with %s', async (_case, records, isTold) => {
    const installationId = uniqueName('ins');
    for (const { delivery, ...change } of records) await store(installationId, { ...change, delivery: { ...delivery, installationId } });
    const first = new CreatedFirst(pool, logger);
    const event = eventOf(installationId);
    expect(first.mayGo(event)).toBe(false);
    expect(await first.ask(event)).toBe(isTold);
    expect(first.mayGo(event)).toBe(isTold);
  });

  it('asks nothing of what needs not come after anything', () => {
    expect(new CreatedFirst(pool, logger).mayGo(eventOf('ins_old', { afterCreated: false }))).toBe(true);
  });

  it('asks again while it waits, not once it was told', async () => {
    const [installationId, other] = [uniqueName('ins'), uniqueName('ins')];
    const first = new CreatedFirst(pool, logger);
    const events = [eventOf(installationId), eventOf(other), eventOf(installationId)];
    await store(other, { attempt: {} });
    expect(await Promise.all(events.map((event) => first.ask(event)))).toEqual([false, true, false]);
    await store(installationId, { attempt: {} });
    expect(await Promise.all(events.map((event) => first.ask(event)))).toEqual([true, true, true]);
    await pool.query('DELETE FROM delivery WHERE installation_id = $1', [installationId]);
    expect(events.every((event) => first.mayGo(event))).toBe(true);
  });

  it('goes on without what does not come, but not because the log cannot be asked', async () => {
    const { hostname, port } = new URL(database.url);
    const proxy = new TcpProxy({ host: hostname, port: Number(port) });
    const proxied = new URL(database.url);
    proxied.host = `127.0.0.1:${await proxy.listen()}`;
    const unreliable = openLogPool({ url: proxied.href, connections: 1, logger });
    let nowMs = 0;
    const first = new CreatedFirst(unreliable, logger, () => nowMs);
    const event = eventOf(uniqueName('ins'));
    expect(await first.ask(event)).toBe(false);
    nowMs = GIVE_UP_MS;
    proxy.cut();
    expect(await first.ask(event)).toBe(false);
    proxy.mend();
    await eventually(async () => expect(await first.ask(event)).toBe(true));
    await unreliable.end();
    await proxy.close();
  });

  it('looks into one index for each installation, whatever the size of the log', async () => {
    await insertWaiting(pool, { appIds: ['app_deep'], count: 50_000 });
    const installationIds = Array.from({ length: 100 }, (_, n) => `ins_of_many_${n}`);
    await Promise.all(installationIds.map((installationId) => store(installationId, { attempt: {} })));
    const { text, values } = findCreated(['ins_app_deep', ...installationIds].map((installationId) => ({ installationId, generation: 1 })));
    const { rows } = await pool.query<{ 'QUERY PLAN': [{ Plan: Record<string, number> }] }>(
      `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`,
      values,
    );
    const { Plan: plan } = rows[0]!['QUERY PLAN'][0];
    // A page or two of each day's partition that is not empty, and its row.
    expect(plan['Shared Hit Blocks']! + plan['Shared Read Blocks']!).toBeLessThan(101 * 20);
  });
});
