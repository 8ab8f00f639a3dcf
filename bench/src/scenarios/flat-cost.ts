import { percentile } from '../figures/percentile.ts';
import { emptyLog, growLog } from './grow-log.ts';
import { type BurstWish, burstOf, measureBursts, warmUp } from './bursts.ts';
import { addUp, type Measurement, perCpuSecond } from './measure.ts';
import type { MeasuredFigure, Scenario } from './scenario.ts';
import { merchantIds, prepareSetting, type Setting } from './setting.ts';
import { promises } from './throughput.ts';

// Of each kind: twenty in all, as everywhere (bursts.ts).
const WARM_UPS = 7;
const EVENTS = 10_000;
/** The kinds take turns, so that what disturbs the machine disturbs all of them. */
const ROUNDS = 3;

const ENDPOINT_COUNTS = [1, 100, 10_000] as const;

/**
 * The same load, one app an event, over ever more endpoints. All are on one origin, so that connections are as warm for ten thousand as
 * for one: what it costs to open connections to ten thousand servers is the partners' traffic, not the engine.
 */
export const ENDPOINT_COUNT: Scenario = {
  name: 'endpoint-count',
  title: 'cost per delivery at 1, 100 and 10,000 endpoints',
  run: async ({ ending, note }) => {
    const groups = ENDPOINT_COUNTS.map((count) => ({ count, merchants: merchantIds(count, `mer_${count}`) }));
    const merchants = groups.flatMap((group) => group.merchants);
    const setting = await prepareSetting({
      ending,
      note,
      // As many requests under way for one endpoint as for a hundred: the most that an app may ask for.
      apps: (_, sharedUrlOf) =>
        merchants.map((merchant, number) => ({ url: sharedUrlOf(number), merchants: [merchant], webhook: { max_concurrency: 100 } })),
    });
    const loads = groups.map((group) => ({ name: `${group.count} endpoints`, load: wishOf(setting, group.merchants) }));
    note('warming up');
    for (const { load } of loads) await measureBursts(setting, burstOf(load), WARM_UPS);
    const measured = new Map<string, Measurement[]>(loads.map(({ name }) => [name, []]));
    for (let round = 1; round <= ROUNDS; round++) {
      note(`round ${round} of ${ROUNDS}`);
      for (const { name, load } of loads) measured.get(name)?.push(await measureBursts(setting, burstOf(load), 1));
    }
    return costFigures([...measured].map(([name, all]) => [name, addUp(all)]));
  },
};

function wishOf({ apps }: Setting, merchants: readonly string[]): BurstWish {
  const wanted = new Set(merchants);
  return { events: EVENTS, apps: apps.filter((app) => wanted.has(app.merchants[0] ?? '')), merchants, pairs: EVENTS };
}

const LOG_APPS = 10;
const LOG_EVENTS = 2000;
const LOG_ROWS = LOG_APPS * LOG_EVENTS;
const LOG_TIMES = [1, 10, 100] as const;

/** The same load before a log of 20,000, 200,000 and 2,000,000 deliveries of today, with their attempts and bodies. */
export const LOG_SIZE: Scenario = {
  name: 'log-size',
  title: 'cost per delivery at 1×, 10× and 100× rows in the log',
  run: async ({ ending, note, say }) => {
    const merchants = merchantIds(20);
    const setting = await prepareSetting({
      ending,
      note,
      apps: (urlOf) => Array.from({ length: LOG_APPS }, (_, number) => ({ url: urlOf(number), merchants })),
    });
    const load = burstOf({ events: LOG_EVENTS, apps: setting.apps, merchants, pairs: LOG_ROWS });
    await warmUp(setting, load, note);
    await emptyLog(setting.system.databaseUrl('delivery'));
    await measureBursts(setting, load, 1);
    const measured: [string, Measurement][] = [];
    for (const times of LOG_TIMES) {
      note(`growing the log to ${times}×`);
      const rows = await growLog(setting.system.databaseUrl('delivery'), times * LOG_ROWS);
      say(`${times}×: ${rows} deliveries in the log`);
      note(`measuring at ${times}×`);
      measured.push([`${times}× rows`, await measureBursts(setting, load, ROUNDS)]);
    }
    return costFigures(measured);
  },
};

/** What a delivery costs in each case, and how far the cases are from each other: ± around their middle. */
function costFigures(cases: readonly (readonly [string, Measurement])[]): readonly MeasuredFigure[] {
  const costs = cases.map(([, measured]) => 1e6 / perCpuSecond(measured));
  const least = percentile(costs, 0);
  const most = percentile(costs, 1);
  return [
    ...cases.map(([name], index) => ({ name: `CPU at ${name}`, unit: 'µs/delivery', value: costs[index] ?? Number.NaN })),
    {
      name: 'apart by ±',
      unit: '%',
      value: (100 * (most - least)) / (most + least),
      must: { atMost: 15 },
      aim: { atMost: 5 },
    },
    ...promises(addUp(cases.map(([, measured]) => measured))),
  ];
}
