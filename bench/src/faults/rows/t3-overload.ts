import { nowMs } from '../../clock.ts';
import { callsIn } from '../judge/api.ts';
import { atMost, none, note } from '../judge/checks.ts';
import { p99 } from '../judge/timing.ts';
import type { Row } from '../row.ts';
import { measureCapacity } from '../stage/capacity.ts';
import { UsageWatch } from '../stage/usage-watch.ts';
import { openWatched } from '../stage/watched.ts';

const OVERLOAD = 2;
const LAG_MS = 180_000;

export const t3: Row = {
  id: 'T3',
  fault: '2x capacity for 2 min',
  criterion: 'lost 0; lag 0 ≤ 3 min after; RSS ≤ 1.5x; API p99 ≤ 500 ms',
  async run(stage) {
    const { scene, user, exits } = await openWatched(stage, { workers: 1 });
    const calm = new UsageWatch(scene.system.pids(), 'delivery');
    const capacity = await measureCapacity(scene, stage.pick({ full: 40_000, short: 10_000 }));
    const before = calm.end().peakRssMb;

    const watch = new UsageWatch(scene.system.pids(), 'delivery');
    scene.load.begin({ pairsPerSecond: OVERLOAD * capacity });
    const during = await scene.goOn(stage.pick({ full: 120_000, short: 20_000 }));
    await scene.load.end();
    const endedAtMs = nowMs();
    stage.say('the load is over');
    const noLagAtMs = await scene.untilNoLag(2 * LAG_MS);
    const { peakRssMb } = watch.end();
    await user.rest();
    await scene.settle({ withinMs: 60_000 });

    const parked = (await scene.metrics('delivery')).get('hookwright_deliveries_parked_total') ?? 0;
    const { lost, dup, expected } = await scene.verdict();
    const calls = callsIn([...user.calls('read'), ...user.calls('write')], during).map(({ tookMs }) => tookMs);
    return [
      none('lost', lost),
      none('dup', dup),
      atMost('lag 0 after', (noLagAtMs - endedAtMs) / 1000, LAG_MS / 1000, 's'),
      atMost('RSS', peakRssMb / before, 1.5, 'x'),
      atMost('API p99', p99(calls), 500, 'ms'),
      none('restarts', exits()),
      none('parked', parked),
      note('pairs', expected),
      note('capacity', capacity, 'a second'),
      note('RSS peak', peakRssMb, 'MB'),
    ];
  },
};
