import { median } from '../../figures/percentile.ts';
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
// One minute's p99 is chance to a good part: the disk that stops for 300 ms makes it. Beside the verdict stand the medians of so many.
const MINUTES_COMPARED = 5;

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
      const made = await minute(scene, SHARE * capacity);
      all.push(made);
      stage.say(`minute ${number} of ${minutes}: p99 ${made.p99Ms.toFixed(0)} ms, ${made.rssMb.toFixed(0)} MB`);
    }
    const warmAfter = Math.round(minutes * WARM_SHARE);
    const compared = Math.min(MINUTES_COMPARED, warmAfter);
    const before = medianP99(all.slice(warmAfter - compared, warmAfter));
    const after = medianP99(all.slice(-compared));
    const early = all[warmAfter - 1];
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
      note(`median p99 of ${compared} minutes up to the tenth`, before, 'ms'),
      note(`of the last ${compared}`, after, 'ms'),
      note('RSS', last.rssMb, 'MB'),
    ];
  },
};

function medianP99(minutes: readonly Minute[]): number {
  return median(minutes.map(({ p99Ms }) => p99Ms));
}

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
