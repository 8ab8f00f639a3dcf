import { nowMs } from '../../clock.ts';
import { allSucceed, answersInTime, callsIn } from '../judge/api.ts';
import { atMost, holds, none } from '../judge/checks.ts';
import { flowsFrom } from '../judge/timing.ts';
import type { Row } from '../row.ts';
import { PAIRS_PER_SECOND } from '../stage/load.ts';
import { openWatched } from '../stage/watched.ts';

/** Whatever they do with Kafka makes these not ready without it. The vault and the gateway's own work do not wait for it. */
const NEEDS_KAFKA = ['ingest', 'delivery', 'delivery-2', 'registry'];
/** An API call that takes so long hangs. */
const ANSWER_MS = 5000;

export const k1: Row = {
  id: 'K1',
  fault: 'stop the broker 30 s, start it',
  criterion:
    'lost 0; dup ≤ 1 %; flowing ≤ 30 s after; no process exits; /ready fails, /live holds; API reads 200; a write is 2xx and later delivered, or 503 — never 2xx and lost',
  async run(stage) {
    const { scene, user, health, exits } = await openWatched(stage);
    const { system, load } = scene;
    load.begin();
    await scene.goOn(10_000);

    const downFromMs = nowMs();
    await system.store('kafka').stop();
    stage.say('the broker is away');
    await scene.goOn(stage.pick({ full: 30_000, short: 10_000 }));
    await system.store('kafka').start();
    const upAtMs = nowMs();
    stage.say('the broker is back');
    await scene.goOn(40_000);
    await user.rest();
    await scene.settle({ withinMs: 90_000 });

    const { lost, dupShare } = await scene.verdict();
    const during = callsIn([...user.calls('read'), ...user.calls('write')], { fromMs: downFromMs, toMs: upAtMs });
    const silent = NEEDS_KAFKA.filter((name) => !health.toldUnready.includes(name));
    return [
      none('lost', lost),
      atMost('dup', dupShare * 100, 1, '%'),
      atMost('flowing after', (flowsFrom(await scene.arrivals(), upAtMs, PAIRS_PER_SECOND) - upAtMs) / 1000, 30, 's'),
      none('exits', exits()),
      holds('/ready fails', silent.length === 0, `not at ${silent.join(', ')}`),
      holds('/live holds', health.notAlive.length === 0, `not at ${health.notAlive.join(', ')}`),
      allSucceed(
        'reads',
        during.filter(({ kind }) => kind === 'read'),
      ),
      ...answersInTime(
        'writes',
        during.filter(({ kind }) => kind === 'write'),
        ANSWER_MS,
      ),
      none('writes 2xx and lost', user.lostWrites),
    ];
  },
};
