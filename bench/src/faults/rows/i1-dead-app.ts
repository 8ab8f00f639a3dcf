import { setTimeout as delay } from 'node:timers/promises';
import { atLeast, atMost, none, note } from '../judge/checks.ts';
import { p99, type Period } from '../judge/timing.ts';
import type { Row } from '../row.ts';
import { HostileCompany } from '../stage/hostile-company.ts';
import { nowMs } from '../../clock.ts';
import type { Scene } from '../stage/scene.ts';
import { until } from '../stage/until.ts';

const WORKERS = 2;
const HEALTHY_APPS = 50;
/** apps/delivery, WORKER_DELIVERIES: what a worker may have in work at once. */
const SLOTS = 4000;
const LOOK_EVERY_MS = 500;
const TAKE_IN_MS = 300_000;
// Many merchants installed it: its backlog lies in every partition.
const DEAD_MERCHANTS = Array.from({ length: 24 }, (_, number) => `mer_dead_${number}`);

export const i1: Row = {
  id: 'I1',
  fault: 'one dead app (/hang) with a backlog of 100 000, 50 healthy apps',
  criterion: 'unaffected p99 ≤ 1.25x; the dead app holds ≤ 10 % of a worker’s slots',
  async run(stage) {
    const backlog = stage.pick({ full: 100_000, short: 5000 });
    const env = { delivery: { WORKER_DELIVERIES: String(SLOTS) } };
    const company = await HostileCompany.open(stage, { workers: WORKERS, apps: HEALTHY_APPS, schedule: '30,120,600', env });
    const { scene, records } = company;
    const [dead] = await company.add([{ url: company.hostile.url('/hang'), merchants: DEAD_MERCHANTS }]);
    if (dead === undefined) throw new Error('an app was asked for');
    scene.load.begin();
    await scene.goOn(10_000);
    const before = await scene.goOn(stage.pick({ full: 60_000, short: 15_000 }));

    stage.say(`${backlog} deliveries for the dead app`);
    const takingFromMs = nowMs();
    await company.send([dead], backlog);
    const recorded = async (): Promise<boolean> => {
      const counts = Object.values(await records.statuses(dead.id));
      return counts.reduce((sum, count) => sum + count, 0) >= 0.99 * backlog;
    };
    const tookMs = await until(recorded, TAKE_IN_MS);
    const taking = { fromMs: takingFromMs, toMs: nowMs() };

    stage.say('the backlog is there');
    const most = holdMost(scene, stage.pick({ full: 60_000, short: 15_000 }));
    const during = await scene.goOn(stage.pick({ full: 60_000, short: 15_000 }));
    const held = await most;
    const waiting = await records.waiting(dead.id);
    await scene.settle({ withinMs: 60_000 });

    const { lost, dup } = await scene.verdict();
    const of = async (period: Period): Promise<number> => p99(await scene.latencies(period));
    const [p99Before, p99During] = [await of(before), await of(during)];
    return [
      atMost('unaffected p99', p99During / p99Before, 1.25, 'x'),
      note('before', p99Before, 'ms'),
      atMost('slots of a worker held', (held / SLOTS) * 100, 10, '%'),
      atLeast('backlog', waiting, 0.95 * backlog),
      none('healthy lost', lost),
      none('healthy dup', dup),
      note('taken in', tookMs / 1000, 's'),
      note('p99 meanwhile', await of(taking), 'ms'),
    ];
  },
};

/** The most that one worker had in work at a look. The healthy apps' share is in it: a few deliveries. */
async function holdMost(scene: Scene, forMs: number): Promise<number> {
  const deadline = nowMs() + forMs;
  let most = 0;
  while (nowMs() < deadline) {
    const all = await Promise.all(scene.workers.map((name) => scene.metrics(name)));
    most = Math.max(most, ...all.map((metrics) => metrics.get('hookwright_deliveries_in_work') ?? Number.NaN));
    await delay(LOOK_EVERY_MS);
  }
  return most;
}
