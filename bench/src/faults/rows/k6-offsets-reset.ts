import { TOPICS } from '@hookwright/contracts';
import { none, note } from '../judge/checks.ts';
import type { Row } from '../row.ts';
import { withAdmin } from '../stage/kafka-admin.ts';
import { TOPIC } from '../stage/load.ts';

const APPS = 5;
const GROUPS = [
  ['hookwright.ingest', TOPIC],
  ['hookwright.delivery', TOPICS.deliveries],
] as const;

export const k6: Row = {
  id: 'K6',
  fault: 'offsets reset to the earliest, 10 000 events consumed again',
  criterion: 'new webhook-ids 0; dup 0 inside the dedup window, whose length is documented',
  async run(stage) {
    const pairs = stage.pick({ full: 10_000, short: 1000 }) * APPS;
    const scene = await stage.open({ apps: APPS, webhook: { max_concurrency: 50 } });
    await scene.load.burst({ pairs });
    await scene.untilArrived(pairs, 120_000);
    await scene.settle({ withinMs: 120_000 });

    stage.say('reading everything again');
    const consumers = ['ingest', ...scene.workers].map((name) => scene.system.service(name));
    await Promise.all(consumers.map((consumer) => consumer.stop()));
    await withAdmin(scene.system.kafkaBrokers, async (admin) => {
      for (const [groupId, topic] of GROUPS) await admin.resetOffsets({ groupId, topic, earliest: true });
    });
    await Promise.all(consumers.map((consumer) => consumer.start()));
    await scene.settle({ withinMs: 180_000 });

    const { lost, dup, unexpected } = await scene.verdict();
    return [
      none('lost', lost),
      none('new webhook-ids', unexpected),
      none('dup', dup),
      note('read again and not sent', await scene.total('hookwright_deliveries_repeated_total')),
    ];
  },
};
