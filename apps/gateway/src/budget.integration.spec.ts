import { type TestDatabase, uniqueName } from '@hookwright/testkit';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import pg from 'pg';
import { type Gateway, call, newKey } from './spec/gateway.ts';
import { type Setting, startSetting } from './spec/setting.ts';

const BOUND_MS = 2300;

let database: TestDatabase;
let setting: Setting;
let gateway: Gateway;
let locker: pg.Client;
let key: string;

beforeAll(async () => {
  setting = await startSetting();
  ({ gateway, database, key } = setting);
  locker = new pg.Client({ connectionString: database.url });
  await locker.connect();
});

afterAll(async () => {
  await locker.end();
  await setting.stop();
});

it.each(['api_key', 'idempotency_key'])('answers 503 in time when everybody waits for the table %s', async (table) => {
  await locker.query('begin');
  await locker.query(`lock table ${table} in access exclusive mode`);
  try {
    const startedAtMs = performance.now();
    // More than there are connections.
    const answers = await Promise.all(
      Array.from({ length: 30 }, () =>
        call(gateway, 'POST /v1/apps', { key, body: { name: 'a' }, headers: { 'idempotency-key': uniqueName() } }),
      ),
    );
    expect(performance.now() - startedAtMs).toBeLessThan(BOUND_MS);
    for (const { status, headers, body } of answers) {
      expect({ status, code: body['code'] }).toEqual({ status: 503, code: 'service_unavailable' });
      expect(headers.get('retry-after')).not.toBeNull();
    }
  } finally {
    await locker.query('rollback');
  }
});

it('does not wait for a silent service longer than a slow database has left of the time', async () => {
  gateway.registry.handlers.createApp = () => new Promise(() => undefined);
  const fresh = await newKey(gateway);
  await locker.query('begin');
  await locker.query('lock table api_key in access exclusive mode');
  const startedAtMs = performance.now();
  const [{ status }] = await Promise.all([
    call(gateway, 'POST /v1/apps', { key: fresh, body: { name: 'a' }, headers: { 'idempotency-key': uniqueName() } }),
    locker.query('select pg_sleep(1.2); commit'),
  ]);
  expect(status).toBe(503);
  expect(performance.now() - startedAtMs).toBeLessThan(BOUND_MS);
});
