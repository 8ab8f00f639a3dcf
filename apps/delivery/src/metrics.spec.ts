import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EndpointStatus } from '@hookwright/contracts';
import { type TestDatabase, createDatabase, eventually, uniqueName, useStores } from '@hookwright/testkit';
import { register } from 'prom-client';
import { measureHoldings } from './metrics.ts';
import type { Receiver } from './rig/receiver.ts';
import type { Rig, RunningWorker } from './rig/rig.ts';
import { startRig } from './spec/start-rig.ts';

let database: TestDatabase;
let rig: Rig;
let receiver: Receiver;
let url: string;
let running: RunningWorker;

beforeAll(async () => {
  const [stores, created] = await Promise.all([useStores(), createDatabase('delivery')]);
  database = created;
  ({ rig, receiver, url } = await startRig(stores, database.url, 'metrics'));
  running = await rig.startWorker({ RETRY_SCHEDULE_SECONDS: '0.1,600', BREAKER_CALLS: '2', BREAKER_PROBE_SECONDS: '1' });
  measureHoldings(() => running.worker.holdings);
});

afterAll(async () => {
  await rig.close();
  await receiver.close();
  await database.drop();
});

/** A line of what Prometheus reads; 0 while nothing was counted. */
async function valueOf(series: string): Promise<number> {
  const line = (await register.metrics()).split('\n').find((text) => text.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1) ?? 0);
}

async function newApp(path: string, change: Parameters<Rig['endpoint']>[2] = {}): Promise<string> {
  const appId = uniqueName('app');
  rig.vault.add(appId, { id: uniqueName('sec') });
  await rig.endpoint(appId, `${url}${path}`, change);
  return appId;
}

async function publishTo(appId: string, count = 1): Promise<void> {
  for (let n = 0; n < count; n++) await rig.publish({ apps: [{ appId }] });
}

const OPENED = 'hookwright_breaker_transitions_total{state="open"}';
const series = (...expected: (readonly [string, number])[]): Promise<void> =>
  eventually(async () => {
    for (const [name, value] of expected) expect([name, await valueOf(name)]).toEqual([name, value]);
  });

describe('the metrics of a worker', () => {
  it('count a retry by its number, and what became of each attempt', async () => {
    receiver.answer = (_request, response, number) => response.writeHead(number === 1 ? 503 : 200).end();
    await publishTo(await newApp('/retried'));
    await series(
      ['hookwright_deliveries_total{outcome="retry_scheduled"}', 1],
      ['hookwright_deliveries_total{outcome="delivered"}', 1],
      ['hookwright_attempt_duration_seconds_count{result="http_5xx"}', 1],
      ['hookwright_attempt_duration_seconds_count{result="success"}', 1],
      ['hookwright_retry_number_bucket{le="2"}', 1],
      ['hookwright_retry_age_seconds_count', 1],
      ['hookwright_parked_claimed_total', 1],
      ['hookwright_attempts_in_flight', 0],
      ['hookwright_deliveries_in_work', 0],
      ['hookwright_lanes', 0],
    );
  });

  it('count what the egress rules refused, by the rule', async () => {
    receiver.answer = (_request, response) => response.writeHead(302, { location: 'https://elsewhere.example/' }).end();
    await publishTo(await newApp('/redirecting'));
    // The second time opens its breaker.
    await series(['hookwright_egress_refusals_total{reason="redirect"}', 2], ['hookwright_breakers_open', 1]);
  });

  it('count what was parked, by why, and who has something to do', async () => {
    const held: (() => void)[] = [];
    receiver.answer = (_request, response) => held.push(() => response.end());
    await publishTo(await newApp('/slow', { maxConcurrency: 1 }), 2);
    await publishTo(await newApp('/paused', { status: EndpointStatus.PAUSED }), 3);
    await series(
      ['hookwright_deliveries_parked_total{reason="endpoint_paused"}', 3],
      ['hookwright_lanes', 1],
      ['hookwright_attempts_in_flight', 1],
      ['hookwright_deliveries_in_work', 2],
    );
    receiver.answer = (_request, response) => response.end();
    for (const end of held) end();
    await series(['hookwright_lanes', 0]);
  });

  it('count a breaker’s changes, and how many are open', async () => {
    const openedBefore = await valueOf(OPENED);
    receiver.answer = (_request, response) => response.writeHead(500).end();
    const failing = await newApp('/failing');
    await publishTo(failing, 6);
    await series(['hookwright_breakers_open', 2]);
    expect(await valueOf(OPENED)).toBeGreaterThan(openedBefore);
    await publishTo(failing);
    await eventually(async () => expect(await valueOf('hookwright_deliveries_parked_total{reason="breaker_open"}')).toBeGreaterThan(0));
    receiver.answer = (_request, response) => response.end();
    await series(['hookwright_breakers_open', 1], ['hookwright_breaker_transitions_total{state="closed"}', 1]);
  });
});
