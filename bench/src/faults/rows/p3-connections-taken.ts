import { answersInTime, callsIn } from '../judge/api.ts';
import { holds, none } from '../judge/checks.ts';
import type { Row } from '../row.ts';
import { ConnectionHog } from '../stage/connection-hog.ts';
import { openWatched } from '../stage/watched.ts';

const ANSWER_MS = 2000;

export const p3: Row = {
  id: 'P3',
  fault: 'all connections taken by others for 60 s',
  criterion: 'API answers 503 ≤ 2 s, never hangs; lost 0',
  async run(stage) {
    const { scene, user } = await openWatched(stage);
    scene.load.begin();
    await scene.goOn(stage.pick({ full: 20_000, short: 5000 }));

    const hog = stage.with(await ConnectionHog.start(scene.system.databaseUrl('registry')));
    stage.say(`${hog.size} connections are taken`);
    const during = await scene.goOn(stage.pick({ full: 60_000, short: 15_000 }));
    const taken = hog.size;
    await hog.stop();
    stage.say('connections are free again');
    await scene.goOn(stage.pick({ full: 20_000, short: 10_000 }));
    await user.rest();
    await scene.settle({ withinMs: 90_000 });

    const { lost } = await scene.verdict();
    const calls = callsIn([...user.calls('read'), ...user.calls('write')], during);
    return [
      ...answersInTime('calls', calls, ANSWER_MS),
      holds(
        'some were 503',
        calls.some(({ status }) => status === 503),
        `none, with ${taken} connections taken`,
      ),
      none('lost', lost),
      none('writes 2xx and lost', user.lostWrites),
    ];
  },
};
