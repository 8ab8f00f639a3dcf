import { TOPICS } from '@hookwright/contracts';
import { atLeast, none, note } from '../judge/checks.ts';
import type { Row } from '../row.ts';
import { withAdmin, written } from '../stage/kafka-admin.ts';
import { TOPIC } from '../stage/load.ts';
import { PARTITIONS } from '../stage/partitions.ts';

const GROWN = [TOPIC, TOPICS.deliveries];
const MORE_PARTITIONS = 12;

export const k7: Row = {
  id: 'K7',
  fault: 'partitions 6 to 12 while running',
  criterion: 'lost 0',
  async run(stage) {
    // Enough merchants that the new partitions get some of them.
    const scene = await stage.open({ merchants: 60 });
    scene.load.begin();
    await scene.goOn(10_000);

    await withAdmin(scene.system.kafkaBrokers, async (admin) => {
      await admin.createPartitions({ topicPartitions: GROWN.map((topic) => ({ topic, count: MORE_PARTITIONS })) });
    });
    stage.say('there are 12 partitions');
    await scene.goOn(stage.pick({ full: 60_000, short: 30_000 }));
    // A client of an older age learns of new partitions when it next asks for metadata, at the latest after 5 min: this one starts anew.
    const late = await stage.publisher(scene);
    late.begin({ pairsPerSecond: 100 });
    await scene.goOn(stage.pick({ full: 30_000, short: 10_000 }));
    await late.end();
    await scene.load.end();
    scene.load.add(late.accepted);
    await scene.settle({ withinMs: 90_000 });

    const { lost, dup, expected } = await scene.verdict();
    return [
      none('lost', lost),
      note('dup', dup),
      note('pairs', expected),
      ...(await Promise.all(
        GROWN.map(async (topic) => atLeast(`messages in new partitions of ${topic}`, await inNewPartitions(topic), 1)),
      )),
    ];

    async function inNewPartitions(topic: string): Promise<number> {
      const messages = await written(scene.system.kafkaBrokers, topic);
      return [...messages].filter(([partition]) => partition >= PARTITIONS).reduce((sum, [, count]) => sum + count, 0);
    }
  },
};
