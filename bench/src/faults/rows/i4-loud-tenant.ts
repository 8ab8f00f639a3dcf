import { atMost, none, note } from '../judge/checks.ts';
import { p99 } from '../judge/timing.ts';
import type { Row } from '../row.ts';
import { PAIRS_PER_SECOND } from '../stage/load.ts';

const TENANTS = 20;
const LOUD = 'mer_0';

export const i4: Row = {
  id: 'I4',
  fault: 'one tenant at 10x',
  criterion: 'others’ p99 ≤ 1.5x',
  async run(stage) {
    // Each app is one merchant's own: 20 tenants at 10 events a second each.
    const scene = await stage.open({
      wishes: (receiver) => Array.from({ length: TENANTS }, (_, number) => ({ url: receiver.urlOf(number), merchants: [`mer_${number}`] })),
    });
    const loud = await stage.publisher(scene);
    scene.load.begin();
    await scene.goOn(10_000);
    const before = await scene.goOn(stage.pick({ full: 60_000, short: 15_000 }));
    loud.begin({ merchants: [LOUD], pairsPerSecond: (9 * PAIRS_PER_SECOND) / TENANTS });
    stage.say('one tenant is loud');
    const during = await scene.goOn(stage.pick({ full: 120_000, short: 30_000 }));
    await loud.end();
    await scene.load.end();
    scene.load.add(loud.accepted);
    await scene.settle({ withinMs: 60_000 });

    const others = new Set(scene.apps.filter(({ merchants }) => !merchants.includes(LOUD)).map(({ id }) => id));
    const { lost, dup } = await scene.verdict();
    const p99Before = p99(await scene.latencies(before, others));
    return [
      atMost('others’ p99', p99(await scene.latencies(during, others)) / p99Before, 1.5, 'x'),
      note('before', p99Before, 'ms'),
      none('lost', lost),
      none('dup', dup),
    ];
  },
};
