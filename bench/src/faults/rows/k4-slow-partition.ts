import { pathOf } from '../../receiver/receiver.ts';
import { atMost, none, note } from '../judge/checks.ts';
import type { Row } from '../row.ts';
import { p99 } from '../judge/timing.ts';
import { joins } from '../stage/joins.ts';
import { merchantsIn } from '../stage/partitions.ts';

const SLOW_PARTITION = 0;
const OTHERS = [1, 2, 3, 4, 5];
/** Apps whose merchants lie in one partition, and apps whose merchants lie in the others. */
const SLOW_APPS = 10;
const HEALTHY_APPS = 10;
/** To the slow ones: a little more than ten requests at once of 8 s each, at ten endpoints, can take. */
const SLOW_PAIRS_PER_SECOND = 20;
const SLOW_MS = 8000;

export const k4: Row = {
  id: 'K4',
  fault: 'all endpoints of one partition take 8 s',
  criterion: 'group generation unchanged (0 rebalances); other partitions’ p99 ≤ 1.2x',
  async run(stage) {
    const slowMerchants = merchantsIn([SLOW_PARTITION], 4);
    const scene = await stage.open({
      wishes: (receiver) =>
        Array.from({ length: SLOW_APPS + HEALTHY_APPS }, (_, number) => ({
          url: receiver.urlOf(number),
          merchants: number < SLOW_APPS ? slowMerchants : merchantsIn(OTHERS, 20),
        })),
    });
    const slow = await stage.publisher(scene);
    const healthy = new Set(scene.apps.slice(SLOW_APPS).map(({ id }) => id));
    scene.load.begin({ merchants: merchantsIn(OTHERS, 20) });
    slow.begin({ merchants: slowMerchants, pairsPerSecond: SLOW_PAIRS_PER_SECOND });
    await scene.goOn(10_000);
    const before = await scene.goOn(stage.pick({ full: 30_000, short: 10_000 }));

    const joinsBefore = joins(scene);
    for (let number = 0; number < SLOW_APPS; number++) await scene.receiver.behave(pathOf(number), { delayMs: SLOW_MS });
    stage.say('one partition is slow');
    await scene.goOn(10_000);
    const during = await scene.goOn(stage.pick({ full: 60_000, short: 20_000 }));
    const rebalances = joins(scene) - joinsBefore;
    await slow.end();
    await scene.load.end();
    scene.load.add(slow.accepted);
    for (let number = 0; number < SLOW_APPS; number++) await scene.receiver.behave(pathOf(number), {});
    await scene.settle({ withinMs: 180_000 });

    const { lost } = await scene.verdict();
    const [p99Before, p99During] = [p99(await scene.latencies(before, healthy)), p99(await scene.latencies(during, healthy))];
    return [
      none('rebalances', rebalances),
      atMost('others’ p99 to before', p99During / p99Before, 1.2, 'x'),
      none('lost', lost),
      note('p99 before', p99Before, 'ms'),
    ];
  },
};
