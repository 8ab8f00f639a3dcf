import { createLogger } from '@hookwright/runtime';
import { type TestDatabase, createDatabase, eventually } from '@hookwright/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { EventSource } from '@hookwright/contracts';
import { openLogPool } from '../log/database.ts';
import type { DeliveryRecord } from '../log/delivery-record.ts';
import { attemptsOf, testLog } from '../rig/log.ts';
import { type TestRecord, testRecord } from '../rig/records.ts';
import { MerchantErasures } from './merchant-erasures.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NOW_MS = Date.now();
const logger = createLogger('spec', 'fatal');
const ODD = { 'x-odd': 'a\0b\ud800' };

let database: TestDatabase;
let pool: ReturnType<typeof openLogPool>;
const running: MerchantErasures[] = [];

beforeAll(async () => {
  database = await createDatabase('delivery');
  pool = openLogPool({ url: database.url, connections: 4, logger });
  for (const table of ['delivery', 'attempt', 'event_body']) {
    const [from, to] = [new Date(NOW_MS - 4 * DAY_MS), new Date(NOW_MS - 3 * DAY_MS)].map((day) => day.toISOString().slice(0, 10));
    await database.pool.query(
      `CREATE TABLE ${table}_${from!.replaceAll('-', '')} PARTITION OF ${table} FOR VALUES FROM ('${from}T00:00:00Z') TO ('${to}T00:00:00Z')`,
    );
  }
});

afterEach(async () => {
  for (const erasures of running.splice(0)) {
    erasures.onModuleDestroy();
    await erasures.onApplicationShutdown();
  }
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

/** As a worker runs it, with a second look right after the first. */
function start(): MerchantErasures {
  const erasures = new MerchantErasures({ pool, databaseUrl: database.url, logger, lookEveryMs: 50, secondLookAfterMs: 0 });
  running.push(erasures);
  erasures.onApplicationBootstrap();
  return erasures;
}

type Stored = Omit<TestRecord, 'appId' | 'createdAtMs'> & { readonly createdAtMs?: number };

async function stored(merchantId: string, options: Stored): Promise<DeliveryRecord> {
  const record = testRecord({ appId: 'app_1', createdAtMs: NOW_MS - HOUR_MS, merchantId, ...options });
  await new Promise<void>((resolve) => testLog(pool).record(record, resolve));
  return record;
}
const done = (erasures: MerchantErasures, merchantId: string, untilMs = NOW_MS): Promise<void> =>
  eventually(async () => expect(await erasures.erase(merchantId, untilMs)).toBeDefined());
const hasBody = async ({ delivery }: DeliveryRecord): Promise<boolean> =>
  (await database.pool.query('SELECT 1 FROM event_body WHERE event_id = $1', [delivery.source.event.eventId])).rowCount === 1;
const rowOf = async ({ delivery }: DeliveryRecord) => {
  const text = 'SELECT status, reason, next_attempt_at IS NULL AS "isOver" FROM delivery WHERE id = $1';
  return (await database.pool.query<{ status: string; reason: string; isOver: boolean }>(text, [delivery.id])).rows[0];
};
const FAILED = {
  attempt: { statusCode: 500, errorCategory: 'http_5xx' as const, responseHeaders: ODD, responseBody: Buffer.from([0, 1]) },
  record: { status: 'retry_scheduled' as const, dueInMs: HOUR_MS },
};

describe('erasing a merchant', () => {
  it('takes the bodies of his events and what was answered to them out of every day, and of nobody else', async () => {
    const old = await stored('mer_1', { createdAtMs: NOW_MS - 4 * DAY_MS, attempt: { responseHeaders: ODD } });
    const delivered = await stored('mer_1', { attempt: { responseHeaders: ODD, responseBody: Buffer.from('secret') } });
    const others = await stored('mer_2', { attempt: { responseBody: Buffer.from('theirs') } });
    await done(start(), 'mer_1');
    expect([await hasBody(old), await hasBody(delivered), await hasBody(others)]).toEqual([false, false, true]);
    for (const record of [old, delivered]) {
      const [attempt] = await attemptsOf(pool, record.delivery.id);
      expect(attempt).toMatchObject({ number: 1, statusCode: 200, url: 'https://shipit.example/hooks', responseHeaders: {} });
      expect(attempt?.responseBody).toHaveLength(0);
      expect(await rowOf(record)).toMatchObject({ status: 'delivered' });
    }
    const [theirs] = await attemptsOf(pool, others.delivery.id);
    expect(theirs?.responseBody.toString()).toBe('theirs');
  });

  it('cancels what waits, with its attempts, but for what no app can switch off', async () => {
    const waiting = await stored('mer_3', FAILED);
    const redact = { source: EventSource.PARTNER_APP, type: 'partner_app.merchant.redact' };
    const told = await stored('mer_3', { ...redact, record: { status: 'pending', dueInMs: HOUR_MS } });
    await done(start(), 'mer_3');
    expect(await rowOf(waiting)).toEqual({ status: 'canceled', reason: 'merchant_erased', isOver: true });
    expect((await attemptsOf(pool, waiting.delivery.id))[0]?.responseBody).toHaveLength(0);
    expect([await hasBody(waiting), await hasBody(told)]).toEqual([false, true]);
    expect(await rowOf(told)).toMatchObject({ status: 'pending', isOver: false });
  });

  it('leaves what came after it was asked for', async () => {
    const [before, after] = [await stored('mer_4', { attempt: {} }), await stored('mer_4', { createdAtMs: NOW_MS + 1000, attempt: {} })];
    const erasures = start();
    await done(erasures, 'mer_4');
    expect([await hasBody(before), await hasBody(after)]).toEqual([false, true]);
    await done(erasures, 'mer_4', NOW_MS + 2000);
    expect(await hasBody(after)).toBe(false);
  });

  it('looks a second time for what was recorded behind the first, and waits for what is in flight', async () => {
    const inFlight = await stored('mer_5', FAILED);
    const lease = "UPDATE delivery SET lease_owner = 'x', lease_until = now() + interval '1 hour' WHERE id = $1";
    await database.pool.query(lease, [inFlight.delivery.id]);
    const erasures = start();
    expect(await erasures.erase('mer_5', NOW_MS)).toBeUndefined();
    const look = async () => {
      const text = "SELECT look, due_at > now() + interval '30 s' AS due FROM merchant_erasure WHERE merchant_id = 'mer_5'";
      return (await database.pool.query<{ look: number; due: boolean }>(text)).rows[0];
    };
    await eventually(async () => expect(await look()).toEqual({ look: 2, due: true }));
    const late = await stored('mer_5', { attempt: {} });
    await database.pool.query('UPDATE delivery SET lease_until = NULL WHERE id = $1', [inFlight.delivery.id]);
    await database.pool.query("UPDATE merchant_erasure SET due_at = now() WHERE merchant_id = 'mer_5'");
    await done(erasures, 'mer_5');
    expect([await hasBody(inFlight), await hasBody(late)]).toEqual([false, false]);
    expect(await rowOf(inFlight)).toMatchObject({ status: 'canceled', reason: 'merchant_erased' });
  });

  it('is gone on with by the next worker, from the day on that was not finished', async () => {
    const [old, young] = [await stored('mer_6', { createdAtMs: NOW_MS - 4 * DAY_MS, attempt: {} }), await stored('mer_6', { attempt: {} })];
    const partition = 'SELECT tableoid::regclass::text AS name FROM delivery WHERE id = $1';
    const { rows } = await database.pool.query<{ name: string }>(partition, [old.delivery.id]);
    await database.pool.query(
      "INSERT INTO merchant_erasure (merchant_id, until_at, through, due_at) VALUES ('mer_6', to_timestamp($1::float8 / 1000), $2, now())",
      [NOW_MS, rows[0]!.name],
    );
    await done(start(), 'mer_6');
    // Only the days that were left: the first is what the worker before had done.
    expect([await hasBody(old), await hasBody(young)]).toEqual([true, false]);
  });

  it('is done by one worker of several, and refused for what is no merchant id', async () => {
    const records = await Promise.all(Array.from({ length: 30 }, () => stored('mer_7', { attempt: {} })));
    const [one, two] = [start(), start()];
    await done(one, 'mer_7');
    await done(two, 'mer_7');
    expect(await Promise.all(records.map(hasBody))).toEqual(records.map(() => false));
    await expect(one.erase('mer/1', NOW_MS)).rejects.toMatchObject({ code: 'invalid_field' });
  });
});
