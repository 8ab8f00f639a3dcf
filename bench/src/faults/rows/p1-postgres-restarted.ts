import { nowMs } from '../../clock.ts';
import { answersInTime, errorsOverAfter } from '../judge/api.ts';
import { atMost, none } from '../judge/checks.ts';
import type { Row } from '../row.ts';
import { openWatched } from '../stage/watched.ts';

/** An API call that takes so long hangs. */
const ANSWER_MS = 5000;

export const p1: Row = {
  id: 'P1',
  fault: 'restart Postgres (fast)',
  criterion: 'lost 0; dup ≤ 1 %; API errors only 503, over ≤ 5 s after it is back; no process exits',
  async run(stage) {
    const { scene, user, exits } = await openWatched(stage);
    const postgres = scene.system.store('postgres');
    scene.load.begin();
    await scene.goOn(stage.pick({ full: 20_000, short: 5000 }));

    await postgres.stop();
    await postgres.start();
    const backAtMs = nowMs();
    stage.say('Postgres is back');
    await scene.goOn(stage.pick({ full: 30_000, short: 10_000 }));
    await user.rest();
    await scene.settle({ withinMs: 90_000 });

    const { lost, dupShare } = await scene.verdict();
    const calls = [...user.calls('read'), ...user.calls('write')];
    return [
      none('lost', lost),
      atMost('dup', dupShare * 100, 1, '%'),
      ...answersInTime('calls', calls, ANSWER_MS),
      atMost('errors over after', errorsOverAfter(calls, backAtMs), 5, 's'),
      none('exits', exits()),
      none('writes 2xx and lost', user.lostWrites),
    ];
  },
};
