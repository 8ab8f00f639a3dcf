import { nowMs } from '../../clock.ts';
import { atLeast, atMost, none, note } from '../judge/checks.ts';
import { arrivalRate } from '../judge/timing.ts';
import type { Row } from '../row.ts';
import type { Scene } from '../stage/scene.ts';

const EVERY_MS = 2000;
/** Workers that come and go, beside two that stay: one is always starting or ending. */
const VISITORS = 2;

export const k3: Row = {
  id: 'K3',
  fault: 'rebalance storm: a worker joins or leaves every 2 s for 60 s',
  criterion: 'lost 0; dup ≤ 3 %; throughput in the storm ≥ 30 % of before; ≥ 90 % within 30 s after',
  async run(stage) {
    const scene = await stage.open({ workers: 2 + VISITORS });
    const visitors = scene.workers.slice(2).map((name) => scene.system.service(name));
    await Promise.all(visitors.map((visitor) => visitor.stop()));
    await scene.receiver.behave('*', { delayMs: 10 });
    scene.load.begin();
    await scene.goOn(10_000);
    const before = await scene.goOn(20_000);

    const stormFromMs = nowMs();
    const endMs = stormFromMs + stage.pick({ full: 60_000, short: 12_000 });
    const moves: Promise<unknown>[] = [];
    for (let turn = 0; nowMs() < endMs; turn++) {
      const visitor = visitors[Math.floor(turn / 2) % VISITORS];
      if (visitor?.isRunning === true) moves.push(visitor.stop());
      else visitor?.launch();
      stage.say(`${turn + 1} changes`);
      await scene.goOn(EVERY_MS);
    }
    const storm = { fromMs: stormFromMs, toMs: nowMs() };
    await Promise.all(moves);
    await scene.goOn(20_000);
    const after = await scene.goOn(10_000);
    await scene.settle({ withinMs: 120_000 });

    return await judge(scene, { before, storm, after, changes: moves.length });
  },
};

type Phases = Readonly<Record<'before' | 'storm' | 'after', { readonly fromMs: number; readonly toMs: number }>>;

async function judge(scene: Scene, { before, storm, after, changes }: Phases & { readonly changes: number }): ReturnType<Row['run']> {
  const { lost, dupShare } = await scene.verdict();
  const arrivals = await scene.arrivals();
  const rate = arrivalRate(arrivals, before);
  return [
    none('lost', lost),
    atMost('dup', dupShare * 100, 3, '%'),
    atLeast('throughput in the storm', (arrivalRate(arrivals, storm) / rate) * 100, 30, '%'),
    atLeast('20–30 s after', (arrivalRate(arrivals, after) / rate) * 100, 90, '%'),
    note('workers that left', changes),
  ];
}
