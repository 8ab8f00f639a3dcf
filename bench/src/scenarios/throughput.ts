import { type BareLoopFigures, measureBareLoop } from '../bare-loop/bare-loop.ts';
import { summarise } from '../figures/arrivals.ts';
import type { Bound } from '../figures/figure.ts';
import { withProfiles } from '../profile/profile.ts';
import { burstOf, measureBursts, warmUp } from './bursts.ts';
import { describeCpu, type Measurement, perCpuSecond } from './measure.ts';
import { parkedBy } from './workers.ts';
import type { MeasuredFigure, Scenario } from './scenario.ts';
import { merchantIds, prepareSetting } from './setting.ts';

const MERCHANTS = merchantIds(20);
// CPU times of processes are told in steps of 10 ms; over three bursts that is less than 1 %.
const BURSTS = 3;

interface Wish {
  readonly name: string;
  readonly title: string;
  readonly events: number;
  readonly apps: number;
  readonly wanted: Readonly<Record<'perCpuSecond' | 'ratio' | 'perSecond', { readonly must?: Bound; readonly aim?: Bound }>>;
}

/** Closed loop: a burst is published, the next one when all of it arrived and is recorded. */
function throughput({ name, title, events, apps, wanted }: Wish): Scenario {
  return {
    name,
    title,
    run: async ({ ending, note, say, profiled }) => {
      const setting = await prepareSetting({
        ending,
        note,
        system: { inspected: profiled },
        apps: (urlOf) => Array.from({ length: apps }, (_, number) => ({ url: urlOf(number), merchants: MERCHANTS })),
      });
      const load = burstOf({ events, apps: setting.apps, merchants: MERCHANTS, pairs: events * apps });
      await warmUp(setting, load, note);
      const bare = await measureBareLoop(setting.receiver);
      note('measuring');
      const parkedBefore = await parkedBy(setting.system);
      const total = await withProfiles(setting.system, { profiled, say }, () => measureBursts(setting, load, BURSTS));
      const parked = (await parkedBy(setting.system)) - parkedBefore;
      say(describeCpu(total));
      return figuresOf({ total, bare, parked, wanted });
    },
  };
}

interface Result {
  readonly total: Measurement;
  readonly bare: BareLoopFigures;
  readonly parked: number;
  readonly wanted: Wish['wanted'];
}

function figuresOf({ total, bare, parked, wanted }: Result): readonly MeasuredFigure[] {
  const rate = perCpuSecond(total);
  const { p50Ms, p95Ms, p99Ms } = summarise(total.latenciesMs);
  const perDelivery = Object.entries(total.cpu).map(([group, seconds]) => ({
    name: `CPU ${group}`,
    unit: 'µs/delivery',
    value: (seconds * 1e6) / total.delivered,
  }));
  return [
    { name: 'deliveries per CPU-second', unit: '', value: rate, ...wanted.perCpuSecond },
    { name: 'bare loop per CPU-second', unit: '', value: bare.perCpuSecond },
    { name: 'ratio to the bare loop', unit: '', value: rate / bare.perCpuSecond, ...wanted.ratio },
    { name: 'delivered', unit: '/s', value: (total.delivered * 1000) / total.elapsedMs, ...wanted.perSecond },
    ...perDelivery,
    { name: 'publish→arrival p50', unit: 'ms', value: p50Ms },
    { name: 'publish→arrival p95', unit: 'ms', value: p95Ms },
    { name: 'publish→arrival p99', unit: 'ms', value: p99Ms },
    { name: 'delivery peak RSS', unit: 'MB', value: (total.peakBytes['delivery'] ?? Number.NaN) / 1e6 },
    { name: 'ingest peak RSS', unit: 'MB', value: (total.peakBytes['ingest'] ?? Number.NaN) / 1e6 },
    { name: 'parked', unit: '', value: parked, must: NONE },
    ...promises(total),
  ];
}

const NONE: Bound = { atMost: 0 };

/** What every scenario tells beside its own figures: nothing lost, nothing repeated, and how much others disturbed it. */
export function promises({ lost, repeated, elsewhere }: Measurement): readonly MeasuredFigure[] {
  return [
    { name: 'lost', unit: '', value: lost, must: NONE },
    { name: 'repeated', unit: '', value: repeated, must: NONE },
    { name: "others' share of the busy CPU", unit: '%', value: elsewhere * 100 },
  ];
}

export const FAN_OUT = throughput({
  name: 'fan-out',
  title: '2,000 events × 10 apps, closed loop',
  events: 2000,
  apps: 10,
  wanted: {
    perCpuSecond: { must: { atLeast: 7000 }, aim: { atLeast: 12_000 } },
    ratio: { must: { atLeast: 0.22 }, aim: { atLeast: 0.38 } },
    perSecond: { must: { atLeast: 7000 }, aim: { atLeast: 11_000 } },
  },
});

export const SINGLE = throughput({
  name: 'single',
  title: '10,000 events × 1 app, closed loop',
  events: 10_000,
  apps: 1,
  wanted: { perCpuSecond: { must: { atLeast: 4000 }, aim: { atLeast: 6000 } }, ratio: {}, perSecond: {} },
});
