import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLogger } from '@hookwright/runtime';
import { type TestDatabase, createDatabase } from '@hookwright/testkit';
import type { Delivery } from '../expansion/delivery.ts';
import { attemptsOf as attemptsIn, testLog } from '../rig/log.ts';
import { testRecord } from '../rig/records.ts';
import type { DeliveryLog } from './delivery-log.ts';
import type { AttemptRecord, DeliveryRecord } from './delivery-record.ts';
import { Partitions, daysAround } from './partitions.ts';

const HOUR_MS = 3_600_000;
const NOW_MS = Date.now();
const logger = createLogger('spec', 'fatal');
const { signal } = new AbortController();

let database: TestDatabase;
let log: DeliveryLog;
const buried: Delivery[] = [];

beforeAll(async () => {
  database = await createDatabase('delivery');
  log = testLog(database.pool, buried);
});

afterAll(async () => {
  await database.drop();
});

async function store(...records: DeliveryRecord[]): Promise<void> {
  await Promise.all(records.map((record) => new Promise<void>((resolve) => log.record(record, resolve))));
}

async function rowOf(record: DeliveryRecord): Promise<Record<string, unknown>> {
  const { rows } = await database.pool.query<Record<string, unknown>>('SELECT * FROM delivery WHERE id = $1', [record.delivery.id]);
  expect(rows).toHaveLength(1);
  return rows[0]!;
}

async function attemptsOf(record: DeliveryRecord): Promise<AttemptRecord[]> {
  return await attemptsIn(database.pool, record.delivery.id);
}

describe('DeliveryLog', () => {
  it('stores a thousand records of several kinds, and an event once for all of its deliveries', async () => {
    const createdAtMs = NOW_MS - 1000;
    const base = testRecord({ appId: 'app_0', createdAtMs, attempt: {} });
    const records = Array.from({ length: 1000 }, (_, n) =>
      testRecord({
        appId: `app_many_${n}`,
        createdAtMs,
        ...(n % 2 === 0 ? { attempt: {} } : {}),
        delivery: { source: base.delivery.source },
      }),
    );
    await store(...records);
    const { rows } = await database.pool.query<{ status: string; count: number }>(
      `SELECT status, count(*)::int AS count FROM delivery WHERE app_id LIKE 'app_many_%' GROUP BY status ORDER BY status`,
    );
    expect(rows).toEqual([
      { status: 'delivered', count: 500 },
      { status: 'pending', count: 500 },
    ]);
    const bodies = await database.pool.query('SELECT FROM event_body WHERE event_id = $1', [base.delivery.source.event.eventId]);
    expect(bodies.rowCount).toBe(1);
  });

  it('stores every column', async () => {
    const createdAtMs = NOW_MS - 5000;
    const attempt = { statusCode: 503, errorCategory: 'http_5xx', retryAfterMs: 7000, truncated: true, durationMs: 12.6 } as const;
    const record = testRecord({ appId: 'app_1', createdAtMs, attempt, record: { status: 'retry_scheduled', dueInMs: HOUR_MS } });
    await store(record);
    const row = await rowOf(record);
    expect(row).toMatchObject({
      created_at: new Date(createdAtMs),
      app_id: 'app_1',
      event_type: 'order.created',
      source: 'installed_merchants',
      status: 'retry_scheduled',
      payload_style: 'full',
      attempt_count: 1,
      first_attempt_at: new Date(createdAtMs + 5),
      delivered_at: null,
      last_status_code: 503,
      last_error_category: 'http_5xx',
      lease_owner: null,
    });
    const dueInMs = (row['next_attempt_at'] as Date).getTime() - Date.now();
    expect(Math.abs(dueInMs - HOUR_MS)).toBeLessThan(60_000);
    expect(await attemptsOf(record)).toMatchObject([
      {
        number: 1,
        statusCode: 503,
        durationMs: 13,
        responseHeaders: { 'content-type': 'text/plain' },
        responseBody: Buffer.from('ok'),
        truncated: true,
        signedWith: ['sec_1', 'sec_2'],
        retryAfterMs: 7000,
      },
    ]);
  });

  it('stores what an endpoint may answer, however odd', async () => {
    const odd = { 'x-odd': 'a\0b\\u0000"\ud800', 'x-latin': 'é', 'x-array': '{a,"b"}' };
    const record = testRecord({
      appId: 'app_odd',
      createdAtMs: NOW_MS,
      attempt: { responseHeaders: odd, responseBody: Buffer.from([0, 255, 92, 34, 123]), url: 'https://x.example/{"a",b}\\' },
    });
    await store(record);
    expect(await attemptsOf(record)).toMatchObject([
      {
        responseHeaders: odd,
        responseBody: Buffer.from([0, 255, 92, 34, 123]),
        url: 'https://x.example/{"a",b}\\',
      },
    ]);
  });

  it('is not changed by the same record again, and ended by a success whoever brings it', async () => {
    const failed = testRecord({
      appId: 'app_2',
      createdAtMs: NOW_MS,
      attempt: { statusCode: 500, errorCategory: 'http_5xx' },
      record: { status: 'retry_scheduled', dueInMs: HOUR_MS },
    });
    await store(failed);
    await store(failed);
    expect(await attemptsOf(failed)).toHaveLength(1);
    expect(await rowOf(failed)).toMatchObject({ status: 'retry_scheduled', attempt_count: 1 });

    const eventId = failed.delivery.source.event.eventId;
    await store(testRecord({ appId: 'app_2', createdAtMs: NOW_MS, eventId, attempt: {} }));
    expect(await rowOf(failed)).toMatchObject({ status: 'delivered', attempt_count: 2, next_attempt_at: null, last_error_category: null });
    await store(failed);
    expect(await rowOf(failed)).toMatchObject({ status: 'delivered' });
  });

  it('keeps the attempts of two workers that sent the same delivery, and counts both', async () => {
    const createdAtMs = NOW_MS;
    const one = testRecord({
      appId: 'app_twice',
      createdAtMs,
      attempt: { statusCode: 500, errorCategory: 'http_5xx' },
      record: { status: 'retry_scheduled', dueInMs: HOUR_MS },
    });
    const other = testRecord({ appId: 'app_twice', createdAtMs, eventId: one.delivery.source.event.eventId, attempt: {} });
    await store(one);
    // Among others that nobody knows: they are stored in the same batch.
    const strangers = Array.from({ length: 3 }, () => testRecord({ appId: 'app_stranger', createdAtMs, attempt: {} }));
    await store(...strangers, other);
    expect((await attemptsOf(one)).map(({ id }) => id).sort()).toEqual([one.attempt!.id, other.attempt!.id].sort());
    expect(await rowOf(one)).toMatchObject({ status: 'delivered', attempt_count: 2 });
    for (const stranger of strangers) expect(await attemptsOf(stranger)).toHaveLength(1);
  });

  it('buries a delivery that PostgreSQL refuses, alone, and stores the others of its batch', async () => {
    const good = Array.from({ length: 20 }, () => testRecord({ appId: 'app_good', createdAtMs: NOW_MS, attempt: {} }));
    const bad = [testRecord({ appId: 'app_bad', createdAtMs: 1e16 }), testRecord({ appId: 'app_b\0d', createdAtMs: NOW_MS })];
    const tooLarge = testRecord({ appId: 'app_bad', createdAtMs: NOW_MS, attempt: { statusCode: 2 ** 40 } });
    await store(...good.slice(0, 7), bad[0]!, ...good.slice(7, 15), bad[1]!, tooLarge, ...good.slice(15));
    expect(new Set(buried)).toEqual(new Set([...bad, tooLarge].map(({ delivery }) => delivery)));
    for (const record of good) expect(await rowOf(record)).toMatchObject({ status: 'delivered' });
    expect(() => log.check()).not.toThrow();
  });

  it('ends a waiting delivery whose attempt PostgreSQL refuses, instead of making it again for ever', async () => {
    const waiting = testRecord({ appId: 'app_refused', createdAtMs: NOW_MS });
    await store(waiting);
    const eventId = waiting.delivery.source.event.eventId;
    const other = testRecord({ appId: 'app_well', createdAtMs: NOW_MS });
    await store(other);
    const parked = { origin: 'parked' } as const;
    const attempt = { statusCode: 2 ** 40 };
    await store(
      testRecord({ appId: 'app_refused', createdAtMs: NOW_MS, eventId, delivery: parked, attempt }),
      testRecord({ appId: 'app_well', createdAtMs: NOW_MS, eventId: other.delivery.source.event.eventId, delivery: parked, attempt: {} }),
    );
    expect(await rowOf(waiting)).toMatchObject({ status: 'failed', reason: 'unstorable', next_attempt_at: null });
    expect(await rowOf(other)).toMatchObject({ status: 'delivered' });
  });

  it('updates a waiting delivery, but not one that was ended meanwhile unless by success', async () => {
    const pending = testRecord({ appId: 'app_3', createdAtMs: NOW_MS });
    await store(pending);
    const parked = (attempt: object, record: object): DeliveryRecord =>
      testRecord({
        appId: 'app_3',
        createdAtMs: NOW_MS,
        eventId: pending.delivery.source.event.eventId,
        delivery: { origin: 'parked' },
        attempt: { id: 'att_x', ...attempt },
        record,
      });
    const failure = parked({ statusCode: 500, errorCategory: 'http_5xx', number: 1 }, { status: 'retry_scheduled', dueInMs: HOUR_MS });
    await store(failure);
    expect(await rowOf(pending)).toMatchObject({ status: 'retry_scheduled', attempt_count: 1, last_status_code: 500 });
    await database.pool.query(`UPDATE delivery SET status = 'canceled', next_attempt_at = NULL WHERE id = $1`, [pending.delivery.id]);
    await store(failure);
    expect(await rowOf(pending)).toMatchObject({ status: 'canceled' });
    await store(parked({ number: 2 }, {}));
    expect(await rowOf(pending)).toMatchObject({ status: 'delivered', attempt_count: 2, last_status_code: 200 });
  });

  it('knows what it has recorded within the window before a repeat, however late that is looked at', async () => {
    const [recent, old, none] = [47, 49, 1].map((hours) =>
      testRecord({ appId: 'app_4', createdAtMs: NOW_MS - hours * HOUR_MS, attempt: {} }),
    );
    await store(recent!, old!);
    const again = [recent!, old!, none!].map(({ delivery }) => ({ ...delivery, createdAtMs: NOW_MS }));
    expect(await log.recordedAmong(again, signal)).toEqual(new Set([recent!.delivery.id]));
    const late = [recent!, old!, none!].map(({ delivery }) => ({ ...delivery, createdAtMs: NOW_MS - 3 * HOUR_MS }));
    expect(await log.recordedAmong(late, signal)).toEqual(new Set([recent!.delivery.id, old!.delivery.id]));
  });
});

describe('Partitions', () => {
  it('are made from yesterday to a week ahead, once, also when rows of a day lie in the default partition', async () => {
    const partitions = new Partitions(database.pool, logger);
    await partitions.start();
    await partitions.start();
    partitions.stop();
    const { rows } = await database.pool.query<{ name: string }>(
      `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'attempt'::regclass`,
    );
    const names = rows.map(({ name }) => name);
    // Rows of today and yesterday were stored before.
    for (const { name } of daysAround(NOW_MS).slice(2)) expect(names).toContain(`attempt_${name}`);
    expect(names).not.toContain(`attempt_${daysAround(NOW_MS)[1]!.name}`);
    await store(testRecord({ appId: 'app_5', createdAtMs: NOW_MS, attempt: {} }));
  });

  it('are gone through by autovacuum for rows that died, not for rows that came', async () => {
    const { rows } = await database.pool.query<{ settings: string[] }>('SELECT reloptions AS settings FROM pg_class WHERE relname = $1', [
      `delivery_${daysAround(NOW_MS).at(-1)!.name}`,
    ]);
    expect(rows[0]?.settings).toContain('autovacuum_vacuum_insert_threshold=-1');
    expect(rows[0]?.settings.join()).not.toContain('autovacuum_enabled');
  });

  it('are whole UTC days', () => {
    const days = daysAround(Date.UTC(2026, 11, 31, 23, 59));
    expect(days).toHaveLength(9);
    expect(days[1]).toEqual({ name: '20261231', from: '2026-12-31T00:00:00.000Z', to: '2027-01-01T00:00:00.000Z' });
    expect(days[2]?.name).toBe('20270101');
  });
});
