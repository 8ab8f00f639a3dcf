import { nowMs } from '../../clock.ts';
import { atMost, none, note } from '../judge/checks.ts';
import { flowsFrom } from '../judge/timing.ts';
import type { Row } from '../row.ts';
import { PAIRS_PER_SECOND } from '../stage/load.ts';

export const k2: Row = {
  id: 'K2',
  fault: 'kill -9 the broker',
  criterion: 'of the acked produces, lost 0 (acks=all); ≤ 60 s to flow',
  async run(stage) {
    const scene = await stage.open();
    scene.load.begin();
    await scene.goOn(stage.pick({ full: 20_000, short: 5000 }));

    await scene.kill('kafka');
    stage.say('the broker is dead');
    await scene.system.store('kafka').start();
    const upAtMs = nowMs();
    await scene.goOn(stage.pick({ full: 60_000, short: 20_000 }));
    await scene.settle({ withinMs: 120_000 });

    const { lost, dup, expected } = await scene.verdict();
    return [
      none('lost', lost),
      atMost('flowing after', (flowsFrom(await scene.arrivals(), upAtMs, PAIRS_PER_SECOND) - upAtMs) / 1000, 60, 's'),
      note('acked pairs', expected),
      note('dup', dup),
    ];
  },
};
