import path from 'node:path';
import { ROOT } from '@hookwright/local';
import { readLiveMemory } from '../profile/live-memory.ts';
import { Inspector } from '../profile/inspector.ts';
import { Snapshots } from '../system/snapshots.ts';
import { System } from '../system/system.ts';
import { liveBytes } from './known-endpoints.ts';
import { type LookupResult, lookUp } from './look-up.ts';
import type { Scenario } from './scenario.ts';

const INSTALLATIONS = 1_000_000;
const MERCHANTS = 200_000;
const APPS = 1000;
const MB = 1e6;

/** The real topic, read by the real service: an ingest that starts with a million installations, beside one that starts with none. */
export const INGEST_TABLE: Scenario = {
  name: 'ingest-table',
  title: '1,000,000 installations of 200,000 merchants in ingest',
  run: async ({ ending, note, say }) => {
    note('starting stores');
    const system = await System.start({ services: [], inspected: ['ingest'] }, ending);
    const snapshots = ending.with(await Snapshots.connect(system.kafkaBrokers));
    note('ingest without installations');
    const empty = await startIngest(system);
    await system.remove(empty.name);
    note('publishing snapshots');
    await snapshots.installations({ count: INSTALLATIONS, merchants: MERCHANTS, apps: APPS });
    note('ingest with all installations');
    const full = await startIngest(system);
    note('look-ups');
    const lookups = await lookUpIn(system.inspectorPortOf(full.name));
    say(`${lookups.lookups} look-ups found ${lookups.found} installations`);
    return [
      {
        name: 'memory of the table',
        unit: 'MB',
        value: (full.liveBytes - empty.liveBytes) / MB,
        must: { atMost: 200 },
        aim: { atMost: 100 },
      },
      { name: 'RSS more than without', unit: 'MB', value: (full.residentBytes - empty.residentBytes) / MB },
      {
        name: 'load time',
        unit: 's',
        value: (full.startMs - empty.startMs) / 1000,
        must: { atMost: 30 },
        aim: { atMost: 12 },
      },
      {
        name: 'look-ups (all installations of a merchant)',
        unit: '/CPU-s',
        value: lookups.lookups / lookups.cpuSeconds,
        must: { atLeast: 500_000 },
        aim: { atLeast: 2_000_000 },
      },
    ];
  },
};

interface StartedIngest {
  readonly name: string;
  /** From starting the process until it is ready: its tables are loaded then. */
  readonly startMs: number;
  readonly liveBytes: number;
  readonly residentBytes: number;
}

async function startIngest(system: System): Promise<StartedIngest> {
  const startedMs = performance.now();
  const name = await system.add('ingest');
  const startMs = performance.now() - startedMs;
  const memory = await readLiveMemory(system.inspectorPortOf(name));
  return { name, startMs, liveBytes: liveBytes(memory), residentBytes: memory.residentBytes };
}

interface RemoteObject {
  readonly result: { readonly objectId: string; readonly value?: unknown };
  readonly exceptionDetails?: { readonly exception?: { readonly description?: string } };
}

/** Finds the service's own table by its class and looks merchants up in it, inside the service. */
async function lookUpIn(inspectorPort: number): Promise<LookupResult> {
  const inspector = await Inspector.open(inspectorPort);
  try {
    const file = path.join(ROOT, 'apps/ingest/dist/tables/installation-table.js');
    const expression = `process.getBuiltinModule('module').createRequire(${JSON.stringify(file)})(${JSON.stringify(file)}).InstallationTable.prototype`;
    const prototype = (await inspector.ask('Runtime.evaluate', { expression })) as RemoteObject;
    const { objectId } = prototype.result;
    const { objects } = (await inspector.ask('Runtime.queryObjects', { prototypeObjectId: objectId })) as { objects: { objectId: string } };
    const found = (await inspector.ask('Runtime.callFunctionOn', {
      objectId: objects.objectId,
      functionDeclaration: lookUp.toString(),
      arguments: [{ value: MERCHANTS }],
      returnByValue: true,
    })) as RemoteObject;
    if (found.exceptionDetails !== undefined) throw new Error(found.exceptionDetails.exception?.description ?? 'the look-ups failed');
    return found.result.value as LookupResult;
  } finally {
    inspector.close();
  }
}
