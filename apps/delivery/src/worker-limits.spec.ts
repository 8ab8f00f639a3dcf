import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { deliveryIdOf } from '@hookwright/contracts';
import { type Stores, type TestDatabase, createDatabase, eventually, uniqueName, useStores } from '@hookwright/testkit';
import type { Receiver } from './rig/receiver.ts';
import type { Rig } from './rig/rig.ts';
import { startRig } from './spec/start-rig.ts';
import { TcpProxy } from './rig/tcp-proxy.ts';

const EVENTS = 40;
// 40 events take four seconds.
const PER_SECOND = 10;
const RATE = { rateLimitPerMinute: 60 * PER_SECOND, maxConcurrency: 10 };

let stores: Stores;
let database: TestDatabase;
let rig: Rig;
let receiver: Receiver;
let url: string;
let appId: string;

beforeAll(async () => {
  [stores, database] = await Promise.all([useStores(), createDatabase('delivery')]);
});

afterAll(() => database.drop());

beforeEach(async () => {
  ({ rig, receiver, url } = await startRig(stores, database.url, 'limits'));
  appId = uniqueName('app');
  rig.vault.add(appId, { id: 'sec_1' });
});

afterEach(async () => {
  await rig.close();
  await receiver.close();
});

async function publish(count: number): Promise<string[]> {
  return await Promise.all(Array.from({ length: count }, (_, n) => rig.publish({ merchantId: `mer_${n % 7}`, apps: [{ appId }] })));
}

async function delivered(eventIds: readonly string[]): Promise<Record<string, number>> {
  const ids = eventIds.map((eventId) => deliveryIdOf(eventId, appId));
  return await eventually(
    async () => {
      const { rows } = await database.pool.query<{ status: string; attempt_count: number }>('SELECT * FROM delivery WHERE id = ANY($1)', [
        ids,
      ]);
      expect(rows.filter(({ status }) => status === 'delivered')).toHaveLength(eventIds.length);
      return { attempts: rows.reduce((sum, { attempt_count: attempts }) => sum + attempts, 0), requests: receiver.requests.length };
    },
    { timeoutMs: 50_000 },
  );
}

/** The most requests in any second. */
function busiestSecond(): number {
  const times = receiver.requests.map(({ atMs }) => atMs);
  return Math.max(...times.map((from) => times.filter((atMs) => atMs >= from && atMs < from + 1000).length));
}

const spanMs = (): number => receiver.requests.at(-1)!.atMs - receiver.requests[0]!.atMs;

describe('a rate limit', () => {
  it('is kept by two workers together, smoothly, and everything arrives with one attempt each', async () => {
    await rig.endpoint(appId, url, RATE);
    await Promise.all([rig.startWorker(), rig.startWorker()]);
    const stalls = monitorEventLoopDelay({ resolution: 10 });
    stalls.enable();
    expect(await delivered(await publish(EVENTS))).toEqual({ attempts: EVENTS, requests: EVENTS });
    // Ten, and what was leased in advance and went a moment late: the later, the longer this process, which has the receiver too, stood still.
    expect(busiestSecond()).toBeLessThanOrEqual(16 + Math.ceil((stalls.max / 1e9) * PER_SECOND));
    expect(spanMs()).toBeGreaterThan(((EVENTS - 12) / RATE.rateLimitPerMinute) * 60_000);
  });

  it('parks what would wait long, and sends it at the rate, which may rise meanwhile', async () => {
    await rig.endpoint(appId, url, { ...RATE, rateLimitPerMinute: 30 });
    await rig.startWorker();
    const eventIds = await publish(EVENTS);
    await eventually(async () => {
      const { rows } = await database.pool.query('SELECT FROM delivery WHERE app_id = $1 AND reason = $2', [appId, 'rate_limited']);
      expect(rows.length).toBeGreaterThan(EVENTS - 5);
    });
    expect(receiver.requests.length).toBeLessThanOrEqual(3);
    await rig.endpoint(appId, url, { ...RATE, rateLimitPerMinute: 60_000 });
    expect(await delivered(eventIds)).toEqual({ attempts: EVENTS, requests: EVENTS });
  });

  it('is counted by the worker alone while Redis is away, and nothing is lost', async () => {
    const { hostname, port } = new URL(stores.redisUrl);
    const proxy = new TcpProxy({ host: hostname, port: Number(port) });
    const redisUrl = `redis://127.0.0.1:${await proxy.listen()}?keyPrefix=${appId}:`;
    await rig.endpoint(appId, url, RATE);
    await rig.startWorker({ REDIS_URL: redisUrl });
    proxy.cut();
    expect(await delivered(await publish(EVENTS))).toEqual({ attempts: EVENTS, requests: EVENTS });
    expect(busiestSecond()).toBeLessThanOrEqual(16);
    proxy.mend();
    await proxy.close();
  });
});

describe('an endpoint that hangs', () => {
  const PROBE_MS = 4000;

  it('is spared after a few timeouts, probed by one of two workers at a time, and gets everything when it is back', async () => {
    const settings = { BREAKER_PROBE_SECONDS: String(PROBE_MS / 1000), RETRY_SCHEDULE_SECONDS: '1,1,1,1,1,1,1,1' };
    await rig.endpoint(appId, url, { timeoutSeconds: 1, maxConcurrency: 6 });
    await Promise.all([rig.startWorker(settings), rig.startWorker(settings)]);
    receiver.answer = () => undefined;
    const eventIds = await publish(100);
    await eventually(
      async () => {
        const { rows } = await database.pool.query('SELECT FROM delivery WHERE app_id = $1 AND reason = $2', [appId, 'breaker_open']);
        expect(rows.length).toBeGreaterThan(80);
      },
      { timeoutMs: 15_000 },
    );
    // Until the other worker has heard of it, which may have begun some more.
    await eventually(() => expect(Date.now() - (receiver.requests.at(-1)?.atMs ?? Infinity)).toBeGreaterThan(PROBE_MS / 2));
    const burnt = receiver.requests.length;
    expect(burnt).toBeLessThanOrEqual(20);
    await eventually(() => expect(receiver.requests.length).toBeGreaterThanOrEqual(burnt + 3), { timeoutMs: 25_000 });
    const probes = receiver.requests.slice(burnt).map(({ atMs }) => atMs);
    for (const [at, atMs] of probes.entries()) if (at > 0) expect(atMs - probes[at - 1]!).toBeGreaterThan(PROBE_MS - 200);
    receiver.answer = (_request, response) => response.end();
    await delivered(eventIds);
  });
});
