import { nowMs } from '../../clock.ts';
import { atMost, none, note } from '../judge/checks.ts';
import { flowsFrom } from '../judge/timing.ts';
import type { Row } from '../row.ts';
import { PAIRS_PER_SECOND } from '../stage/load.ts';
import { openWatched } from '../stage/watched.ts';

export const p2: Row = {
  id: 'P2',
  fault: 'kill -9 Postgres',
  criterion: 'acked writes lost 0; flowing ≤ 15 s after recovery',
  async run(stage) {
    const { scene, user } = await openWatched(stage);
    scene.load.begin();
    await scene.goOn(stage.pick({ full: 20_000, short: 5000 }));

    await scene.kill('postgres');
    stage.say('Postgres is dead');
    await scene.system.store('postgres').start();
    const backAtMs = nowMs();
    await scene.goOn(stage.pick({ full: 30_000, short: 10_000 }));
    await user.rest();
    await scene.settle({ withinMs: 90_000 });

    const { lost, dup } = await scene.verdict();
    return [
      none('acked writes lost', user.lostWrites),
      none('lost', lost),
      atMost('flowing after', (flowsFrom(await scene.arrivals(), backAtMs, PAIRS_PER_SECOND) - backAtMs) / 1000, 15, 's'),
      note('acked writes', user.successes('write')),
      note('dup', dup),
    ];
  },
};
