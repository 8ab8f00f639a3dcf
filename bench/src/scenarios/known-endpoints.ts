import { setTimeout as delay } from 'node:timers/promises';
import { type LiveMemory, readLiveMemory } from '../profile/live-memory.ts';
import { Snapshots } from '../system/snapshots.ts';
import { System } from '../system/system.ts';
import type { Scenario } from './scenario.ts';
import { sumOfWorkers } from './workers.ts';

const ENDPOINTS = 100_000;
const TIMEOUT_MS = 60_000;
const LOOK_EVERY_MS = 100;
const MB = 1e6;

/** What a worker needs for endpoints that it only knows: none of them has anything to do. */
export const KNOWN_ENDPOINTS: Scenario = {
  name: 'known-endpoints',
  title: '100,000 endpoints that have nothing to do, known to a delivery worker',
  run: async ({ ending, note }) => {
    note('starting stores and services');
    const system = await System.start({ services: ['vault', 'delivery'], inspected: ['delivery'] }, ending);
    const snapshots = ending.with(await Snapshots.connect(system.kafkaBrokers));
    const inspectorPort = system.inspectorPortOf('delivery');
    const before = await readLiveMemory(inspectorPort);
    note('publishing snapshots');
    await snapshots.endpoints(ENDPOINTS);
    await known(system);
    const after = await readLiveMemory(inspectorPort);
    return [
      {
        name: 'added to what is alive',
        unit: 'MB',
        value: (liveBytes(after) - liveBytes(before)) / MB,
        must: { atMost: 50 },
      },
      { name: 'added to the RSS', unit: 'MB', value: (after.residentBytes - before.residentBytes) / MB },
      { name: 'RSS', unit: 'MB', value: after.residentBytes / MB },
    ];
  },
};

export function liveBytes({ heapBytes, arrayBytes }: LiveMemory): number {
  return heapBytes + arrayBytes;
}

async function known(system: System): Promise<void> {
  const deadline = Date.now() + TIMEOUT_MS;
  while ((await sumOfWorkers(system, 'hookwright_endpoints')) < ENDPOINTS) {
    if (Date.now() > deadline) throw new Error(`the worker does not know all ${ENDPOINTS} endpoints after ${TIMEOUT_MS / 1000} s`);
    await delay(LOOK_EVERY_MS);
  }
}
