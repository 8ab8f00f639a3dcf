import { atMost, none, note } from '../judge/checks.ts';
import { p99 } from '../judge/timing.ts';
import type { Row } from '../row.ts';
import { measureCapacity } from '../stage/capacity.ts';
import type { Scene } from '../stage/scene.ts';
import { UsageWatch } from '../stage/usage-watch.ts';

const SHARE = 0.6;
const MINUTE_MS = 60_000;
// Of the minutes: the first third is for everything to become warm.
const WARM_SHARE = 1 / 3;

interface Minute {
  readonly rssMb: number;
  readonly p99Ms: number;
  readonly lost: number;
  readonly dup: number;
  readonly isDone: boolean;
}

export const t2: Row = {
  id: 'T2',
  fault: '30 min at 60 % of capacity',
  criterion: 'RSS minute 30 ≤ 1.1x minute 10; p99 ≤ 1.2x; lag 0',
  async run(stage) {
    const minutes = stage.pick({ full: 30, short: 3 });
    const scene = await stage.open({ workers: 1 });
    const capacity = await measureCapacity(scene, stage.pick({ full: 40_000, short: 10_000 }));
    const all: Minute[] = [];
    for (let number = 1; number <= minutes; number++) {
      stage.say(`minute ${number} of ${minutes}`);
      all.push(await minute(scene, SHARE * capacity));
    }
    const early = all[Math.round(minutes * WARM_SHARE) - 1];
    const last = all.at(-1);
    if (early === undefined || last === undefined) throw new Error('there are no minutes');
    return [
      atMost('RSS of the last minute to that of the tenth', last.rssMb / early.rssMb, 1.1, 'x'),
      atMost('p99', last.p99Ms / early.p99Ms, 1.2, 'x'),
      none('minutes with lag after them', all.filter(({ isDone }) => !isDone).length),
      none(
        'lost',
        all.reduce((sum, { lost }) => sum + lost, 0),
      ),
      none(
        'dup',
        all.reduce((sum, { dup }) => sum + dup, 0),
      ),
      note('minutes', minutes),
      note('capacity', capacity, 'a second'),
      note('p99 of the last minute', last.p99Ms, 'ms'),
      note('RSS', last.rssMb, 'MB'),
    ];
  },
};

/** A minute of load, judged by itself: half an hour's requests would not fit into the judge's memory. A second or two lie between them. */
async function minute(scene: Scene, pairsPerSecond: number): Promise<Minute> {
  const watch = new UsageWatch(scene.system.pids(), 'delivery');
  scene.load.begin({ pairsPerSecond });
  const period = await scene.goOn(MINUTE_MS);
  const { peakRssMb } = watch.end();
  const doneAtMs = await scene.settle({ withinMs: MINUTE_MS });
  const { lost, dup } = await scene.verdict();
  const p99Ms = p99(await scene.latencies(period));
  await scene.clear();
  return { rssMb: peakRssMb, p99Ms, lost, dup, isDone: !Number.isNaN(doneAtMs) };
}
