import { type LatencySummary, summarise } from '../figures/arrivals.ts';
import { withProfiles } from '../profile/profile.ts';
import { EVENT_TYPE } from '../system/provisioning.ts';
import { burstOf, measureBursts, warmUp } from './bursts.ts';
import { describeCpu, type Load, measure, type Measurement, ORDERS } from './measure.ts';
import type { MeasuredFigure, Scenario } from './scenario.ts';
import { merchantIds, prepareSetting } from './setting.ts';
import { promises } from './throughput.ts';

const APPS = 10;
const WARM_UP_SECONDS = 10;
// The broker's JIT compiles what a stream needs anew, and takes most of a core for it.
const LOADED_WARM_UP_SECONDS = 30;
// What Java's and librdkafka's producers gather for by default. In `steady` nothing is gathered.
const LOADED_LINGER_MS = 5;
const SECONDS = 30;
const TIMEOUT_MS = 60_000;

interface StreamWish {
  readonly apps: Load['apps'];
  readonly merchants: readonly string[];
  readonly perSecond: number;
  readonly seconds: number;
  readonly appsPerEvent: number;
  readonly lingerMs?: number;
}

/** Open loop: an event is published at its time, whether or not those before it have arrived. */
function streamOf({ apps, seconds, appsPerEvent, ...rest }: StreamWish): Load {
  const wish = { topic: ORDERS, type: EVENT_TYPE, count: rest.perSecond * seconds, ...rest };
  return { publish: (publisher) => publisher.stream(wish), apps, pairs: wish.count * appsPerEvent, timeoutMs: TIMEOUT_MS };
}

/** 200 deliveries a second, each event for one of ten apps. */
export const STEADY: Scenario = {
  name: 'steady',
  title: 'open loop, 200 events a second × 1 app',
  run: async ({ ending, note, say, profiled }) => {
    const merchants = merchantIds(APPS);
    const setting = await prepareSetting({
      ending,
      note,
      system: { inspected: profiled },
      apps: (urlOf) => merchants.map((merchant, number) => ({ url: urlOf(number), merchants: [merchant] })),
    });
    await warmUp(setting, burstOf({ events: 10_000, apps: setting.apps, merchants, pairs: 10_000 }), note);
    const wish = { apps: setting.apps, merchants, perSecond: 200, appsPerEvent: 1 };
    note('getting into step');
    await measure(setting, streamOf({ ...wish, seconds: WARM_UP_SECONDS }));
    note('measuring');
    const measured = await withProfiles(setting.system, { profiled, say }, () => measure(setting, streamOf({ ...wish, seconds: SECONDS })));
    say(describeCpu(measured));
    const { p50Ms, p95Ms, p99Ms } = summarise(measured.latenciesMs);
    return [
      { name: 'publish→arrival p50', unit: 'ms', value: p50Ms, must: { atMost: 5 }, aim: { atMost: 2.5 } },
      { name: 'publish→arrival p95', unit: 'ms', value: p95Ms },
      { name: 'publish→arrival p99', unit: 'ms', value: p99Ms, must: { atMost: 20 }, aim: { atMost: 9 } },
      ...promises(measured),
    ];
  },
};

/** At 60 % of what closed bursts reached in the same run, each event for ten apps. */
export const LOADED: Scenario = {
  name: 'loaded',
  title: 'open loop at 60 % of capacity, events × 10 apps',
  run: async ({ ending, note, say, profiled }) => {
    const merchants = merchantIds(20);
    const setting = await prepareSetting({
      ending,
      note,
      system: { inspected: profiled },
      apps: (urlOf) => Array.from({ length: APPS }, (_, number) => ({ url: urlOf(number), merchants })),
    });
    const burst = burstOf({ events: 2000, apps: setting.apps, merchants, pairs: 2000 * APPS });
    await warmUp(setting, burst, note);
    note('finding the capacity');
    const { delivered, elapsedMs } = await measureBursts(setting, burst, 3);
    const capacity = (delivered * 1000) / elapsedMs;
    const perSecond = Math.round((0.6 * capacity) / APPS);
    const wish = { apps: setting.apps, merchants, perSecond, appsPerEvent: APPS, lingerMs: LOADED_LINGER_MS };
    note('getting into step');
    await measure(setting, streamOf({ ...wish, seconds: LOADED_WARM_UP_SECONDS }));
    note('measuring');
    const measured = await withProfiles(setting.system, { profiled, say }, () => measure(setting, streamOf({ ...wish, seconds: SECONDS })));
    say(describeCpu(measured));
    return loadedFigures({ capacity, measured, latency: summarise(measured.latenciesMs) });
  },
};

interface Loaded {
  readonly capacity: number;
  readonly measured: Measurement;
  readonly latency: LatencySummary;
}

function loadedFigures({ capacity, measured, latency }: Loaded): readonly MeasuredFigure[] {
  return [
    { name: 'capacity', unit: '/s', value: capacity },
    { name: 'offered', unit: '/s', value: measured.delivered / SECONDS },
    { name: 'publish→arrival p50', unit: 'ms', value: latency.p50Ms },
    { name: 'publish→arrival p95', unit: 'ms', value: latency.p95Ms },
    { name: 'publish→arrival p99', unit: 'ms', value: latency.p99Ms, must: { atMost: 100 }, aim: { atMost: 40 } },
    ...promises(measured),
  ];
}
