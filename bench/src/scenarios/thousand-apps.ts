import { median, percentile } from '../figures/percentile.ts';
import { burstOf, measureBursts } from './bursts.ts';
import { addUp, describeCpu, measure, type Measurement } from './measure.ts';
import type { Scenario } from './scenario.ts';
import { merchantIds, prepareSetting } from './setting.ts';
import { promises } from './throughput.ts';

const APPS = 1000;
// The first ones open connections to a thousand servers and fetch a thousand secrets.
const WARM_UPS = 5;
const EVENTS = 10;
/** Full load: so many events at once, fifty thousand deliveries. */
const BURST_EVENTS = 50;
const BURSTS = 3;

/** One event that a thousand apps get; then so many of them that the worker is full. */
export const THOUSAND_APPS: Scenario = {
  name: 'thousand-apps',
  title: 'one event × 1,000 apps; full load with 1,000 endpoints',
  run: async ({ ending, note, say }) => {
    const merchants = merchantIds(1);
    const setting = await prepareSetting({
      ending,
      note,
      apps: (urlOf) => Array.from({ length: APPS }, (_, number) => ({ url: urlOf(number), merchants })),
    });
    const one = burstOf({ events: 1, apps: setting.apps, merchants, pairs: APPS });
    note('warming up');
    await measureBursts(setting, one, WARM_UPS);
    note('single events');
    const events: Measurement[] = [];
    while (events.length < EVENTS) events.push(await measure(setting, one));
    const elapsed = events.map(({ elapsedMs }) => elapsedMs);
    note('full load');
    const full = await measureBursts(
      setting,
      burstOf({ events: BURST_EVENTS, apps: setting.apps, merchants, pairs: BURST_EVENTS * APPS }),
      BURSTS,
    );
    say(describeCpu(full));
    return [
      {
        name: 'one event: all arrived after (median of 10)',
        unit: 'ms',
        value: median(elapsed),
        must: { atMost: 400 },
        aim: { atMost: 200 },
      },
      { name: 'one event: all arrived after (slowest of 10)', unit: 'ms', value: percentile(elapsed, 1) },
      { name: 'full load: delivered', unit: '/s', value: (full.delivered * 1000) / full.elapsedMs },
      { name: 'full load: deliveries per CPU-second', unit: '', value: full.delivered / full.cpuSum },
      {
        name: 'full load: delivery peak RSS',
        unit: 'MB',
        value: (full.peakBytes['delivery'] ?? Number.NaN) / 1e6,
        must: { atMost: 300 },
        aim: { atMost: 200 },
      },
      ...promises(addUp([...events, full])),
    ];
  },
};
