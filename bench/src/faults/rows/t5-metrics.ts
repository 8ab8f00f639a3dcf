import { atMost, type Check, exactly, note } from '../judge/checks.ts';
import type { Row } from '../row.ts';
import type { Scene } from '../stage/scene.ts';

const PAIRS = 10_000;
const MANY_APPS = 5000;
const MOST_SERIES = 10_000;
const FAILING_MS = 15_000;
const SETTLE_MS = 120_000;
const DELIVERED = 'hookwright_deliveries_total{outcome="delivered"}';
const ATTEMPTS = 'hookwright_attempt_duration_seconds_count';

export const t5: Row = {
  id: 'T5',
  fault: 'metrics against the receiver over 10 000 pairs, one of ten apps down for a while',
  criterion: 'delivered = acked pairs ± 0; attempts = requests ± 0; series ≤ 10 000 with 5 000 apps',
  async run(stage) {
    const schedule = { RETRY_SCHEDULE_SECONDS: Array.from({ length: 20 }, () => 5).join(',') };
    const scene = await stage.open({ workers: 2, env: { delivery: schedule } });
    const counted = await compare(scene, stage.pick({ full: PAIRS, short: PAIRS / 10 }));

    const apps = stage.pick({ full: MANY_APPS, short: MANY_APPS / 50 });
    stage.say(`a system with ${apps} apps`);
    const large = await stage.open({ workers: 1, apps, merchants: 1 });
    const series = await seriesOf(large);
    return [...counted, atMost(`series with ${apps} apps`, series, MOST_SERIES)];
  },
};

async function compare(scene: Scene, pairs: number): Promise<readonly Check[]> {
  const before = await countsOf(scene);
  const failing = new URL(scene.apps[0]?.url ?? '').pathname;
  await scene.receiver.behave(failing, { status: 500 });
  await scene.load.burst({ pairs });
  await scene.goOn(FAILING_MS);
  await scene.receiver.behave(failing, {});
  await scene.settle({ withinMs: SETTLE_MS });
  const after = await countsOf(scene);

  const arrivals = await scene.arrivals();
  const acked = new Set(arrivals.filter(({ status }) => status === 200).map(({ appId, webhookId }) => `${appId} ${webhookId}`));
  return [
    exactly('delivered beyond acked pairs', after.delivered - before.delivered - acked.size, 0),
    exactly('attempts beyond requests', after.attempts - before.attempts - arrivals.length, 0),
    note('acked pairs', acked.size),
    note('requests', arrivals.length),
  ];
}

async function countsOf(scene: Scene): Promise<{ readonly delivered: number; readonly attempts: number }> {
  return { delivered: await scene.total(DELIVERED), attempts: await scene.total(ATTEMPTS) };
}

async function seriesOf(scene: Scene): Promise<number> {
  const all = await Promise.all(scene.system.replicaNames.map((name) => scene.metrics(name)));
  return all.reduce((total, { series }) => total + series, 0);
}
