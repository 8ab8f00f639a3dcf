import { atMost, none, note } from '../judge/checks.ts';
import { MAX_CONCURRENCY } from '../../max-concurrency.ts';
import type { Row } from '../row.ts';

const APPS = 10;
const WORKERS = 2;
// What is repeated is what was under way: it does not grow with the load, nor shrink with a smaller one.
const MOST_REPEATED = 100;

export const r1: Row = {
  id: 'R1',
  fault: 'kill -9 one of 2 delivery workers, 10 000 pairs in flight, endpoints take 50 ms',
  criterion: 'lost 0; dup ≤ 100 (1 %) a kill and ≤ 2 x the worker’s concurrency; all arrived ≤ 60 s after the kill',
  async run(stage) {
    const pairs = stage.pick({ full: 10_000, short: 3000 });
    const scene = await stage.open({ workers: WORKERS, apps: APPS });
    await scene.receiver.behave('*', { delayMs: 50 });

    stage.say(`${pairs} pairs`);
    await scene.load.burst({ pairs });
    await scene.untilArrived(pairs / 20);
    const killedAtMs = await scene.kill('delivery-2');
    stage.say('delivery-2 is dead');
    await scene.settle({ withinMs: 120_000 });

    const { lost, dup, arrived, lastFirstArrivalMs } = await scene.verdict();
    const concurrency = (APPS * MAX_CONCURRENCY) / WORKERS;
    return [
      none('lost', lost),
      atMost('dup', dup, Math.min(MOST_REPEATED, 2 * concurrency)),
      atMost('all arrived after', (lastFirstArrivalMs - killedAtMs) / 1000, 60, 's'),
      note('sent again because unanswered', (await scene.arrivals()).length - arrived - dup),
      note('concurrency of the worker', concurrency),
    ];
  },
};
