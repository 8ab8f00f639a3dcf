import { nowMs } from '../../clock.ts';
import { atMost, none } from '../judge/checks.ts';
import type { Row } from '../row.ts';

/** A delivery's total deadline (design.md) and what draining may take on top. */
const EXIT_S = 10 + 5;

export const r2: Row = {
  id: 'R2',
  fault: 'SIGTERM the same worker (rolling deploy), 10 times',
  criterion: 'lost 0; dup 0; exits ≤ T + 5 s',
  async run(stage) {
    const scene = await stage.open({ workers: 2 });
    const worker = scene.system.service('delivery-2');
    await scene.receiver.behave('*', { delayMs: 50 });

    scene.load.begin();
    const exitsMs: number[] = [];
    const times = stage.pick({ full: 10, short: 3 });
    for (let time = 1; time <= times; time++) {
      await scene.goOn(3000);
      stage.say(`SIGTERM ${time} of ${times}`);
      const askedAtMs = nowMs();
      await worker.stop();
      exitsMs.push(nowMs() - askedAtMs);
      await worker.start();
    }
    await scene.settle({ withinMs: 60_000 });

    const { lost, dup } = await scene.verdict();
    const unclean = worker.exits.filter(({ code }) => code !== 0).length;
    return [
      none('lost', lost),
      none('dup', dup),
      atMost('slowest exit', Math.max(...exitsMs) / 1000, EXIT_S, 's'),
      none('exits with an error', unclean),
    ];
  },
};
