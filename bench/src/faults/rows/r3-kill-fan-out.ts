import { TOPICS } from '@hookwright/contracts';
import { atMost, exactly, none } from '../judge/checks.ts';
import type { Row } from '../row.ts';
import { writtenInAll } from '../stage/kafka-admin.ts';

const APPS = 5;

export const r3: Row = {
  id: 'R3',
  fault: 'kill -9 the fan-out in the middle of 10 000 events x 5 apps',
  criterion: '50 000 unique pairs, lost 0; a re-fanned event keeps its webhook-id (unique ids = 50 000); dup ≤ 500',
  async run(stage) {
    const pairs = stage.pick({ full: 50_000, short: 20_000 });
    const scene = await stage.open({ workers: 2, apps: APPS, webhook: { max_concurrency: 50 } });
    const ingest = scene.system.service('ingest');

    // It is started on a full topic, so that the kill finds it in the middle whatever its speed.
    const written = (): Promise<number> => writtenInAll(scene.system.kafkaBrokers, TOPICS.deliveries);
    const writtenBefore = await written();
    await ingest.stop();
    await scene.load.burst({ pairs });
    ingest.launch();
    while ((await written()) === writtenBefore) stage.say('waiting for the fan-out to begin');
    await scene.kill('ingest');
    const fannedOut = (await written()) - writtenBefore;
    stage.say('ingest is dead');
    await ingest.start();
    await scene.settle({ withinMs: 180_000 });

    const { lost, dup, arrived, unexpected } = await scene.verdict();
    return [
      exactly('unique pairs', arrived + unexpected, pairs),
      none('lost', lost),
      none('new webhook-ids', unexpected),
      atMost('dup', dup, pairs / 100),
      atMost('fanned out when killed', (fannedOut / (pairs / APPS)) * 100, 99, '%'),
    ];
  },
};
