import { allSucceed, callsIn, slowestMs } from '../judge/api.ts';
import { atLeast, atMost, type Check, none } from '../judge/checks.ts';
import { arrivalRate, type Period } from '../judge/timing.ts';
import type { Stage } from './stage.ts';
import type { Scene } from './scene.ts';
import { openWatched } from './watched.ts';

/** An API call that takes so long hangs. */
const ANSWER_MS = 5000;

export interface RedisOutage {
  readonly begin: (scene: Scene) => Promise<unknown>;
  readonly end: (scene: Scene) => Promise<unknown>;
  readonly ms: number;
}

/** Rows D2 and D4: Redis is of no use for a while, and little changes. */
export async function withoutRedis(stage: Stage, { begin, end, ms }: RedisOutage): Promise<readonly Check[]> {
  const { scene, user, exits } = await openWatched(stage);
  scene.load.begin();
  await scene.goOn(5000);
  const before = await scene.goOn(stage.pick({ full: 20_000, short: 5000 }));

  await begin(scene);
  stage.say('Redis is of no use');
  const during = await scene.goOn(ms);
  await end(scene);
  stage.say('Redis is well again');
  await scene.goOn(5000);
  await user.rest();
  await scene.settle({ withinMs: 60_000 });

  const { lost, dup } = await scene.verdict();
  const calls = callsIn([...user.calls('read'), ...user.calls('write')], during);
  return [
    none('lost', lost),
    none('dup', dup),
    atLeast('throughput', await throughputRatio(scene, before, during), 50, '%'),
    allSucceed('API calls', calls),
    atMost('slowest call', slowestMs(calls) / 1000, ANSWER_MS / 1000, 's'),
    none('exits', exits()),
  ];
}

async function throughputRatio(scene: Scene, before: Period, during: Period): Promise<number> {
  const arrivals = await scene.arrivals();
  return (arrivalRate(arrivals, during) / arrivalRate(arrivals, before)) * 100;
}
