import { nowMs } from '../../clock.ts';
import { STORE_NAMES } from '../../system/stores.ts';
import { atLeast, atMost, exactly, none } from '../judge/checks.ts';
import { retryDelays, shortest, withoutSuccess } from '../judge/retries.ts';
import type { Row } from '../row.ts';
import type { Scene } from '../stage/scene.ts';

// So many apps that none of them has the 20 failures that open a breaker.
const APPS = 100;
const STORES_LATE_MS = 60_000;
/** Of the failed deliveries: longer than stopping and starting everything takes, so that the delay runs out while nobody is there to see. */
const RETRY_S = 60;

export const r7: Row = {
  id: 'R7',
  fault: 'stop everything with 10 000 pending + 1 000 scheduled retries, start cold in any order, stores 60 s late',
  criterion: 'all 11 000 arrive; ready ≤ 30 s after the stores; no retry earlier than 90 % of its delay',
  async run(stage) {
    const { pending, scheduled, lateMs } = stage.pick({
      full: { pending: 10_000, scheduled: 1000, lateMs: STORES_LATE_MS },
      short: { pending: 1000, scheduled: 300, lateMs: 5000 },
    });
    const scene = await stage.open({ workers: 2, apps: APPS, env: { delivery: { RETRY_SCHEDULE_SECONDS: `${RETRY_S},${RETRY_S}` } } });

    await scene.receiver.behave('*', { status: 500 });
    await scene.load.burst({ pairs: scheduled });
    await scene.untilWaiting(scheduled);
    await Promise.all(scene.workers.map((name) => scene.system.service(name).stop()));
    await scene.receiver.behave('*', { status: 200 });
    await scene.load.burst({ pairs: pending });

    stage.say('stopping everything');
    await stopAll(scene);
    stage.say('starting everything, stores late');
    for (const name of shuffled(scene.system.replicaNames)) scene.system.service(name).launch();
    await scene.goOn(lateMs);
    for (const name of shuffled(STORE_NAMES)) await scene.system.store(name).start();
    const storesAtMs = nowMs();
    await Promise.all(scene.system.replicaNames.map((name) => scene.system.service(name).ready()));
    const readyAtMs = nowMs();
    await scene.settle({ withinMs: 240_000 });

    const { lost, arrived } = await scene.verdict();
    const arrivals = await scene.arrivals();
    const earliestS = shortest(retryDelays(arrivals)) / 1000;
    return [
      exactly('pairs', arrived, pending + scheduled),
      none('lost', lost),
      none('without a 2xx', withoutSuccess(scene.accepted(), arrivals)),
      atMost('ready after the stores', (readyAtMs - storesAtMs) / 1000, 30, 's'),
      atLeast('earliest retry', (earliestS / RETRY_S) * 100, 90, '%'),
    ];
  },
};

async function stopAll({ system }: Scene): Promise<void> {
  await Promise.all(system.replicaNames.map((name) => system.service(name).stop()));
  await Promise.all(STORE_NAMES.map((name) => system.store(name).stop()));
}

function shuffled<T>(items: readonly T[]): readonly T[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
