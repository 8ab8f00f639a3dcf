import { randomUUID } from 'node:crypto';
import { eventIdOf } from '@hookwright/contracts';
import { Kafka, logLevel } from 'kafkajs';
import { nowMs } from '../../clock.ts';
import { EVENT_SOURCE, toMessage } from '../../load/cloud-event.ts';
import { EVENT_TYPE } from '../../system/provisioning.ts';
import { exactly, none } from '../judge/checks.ts';
import type { Row } from '../row.ts';
import { TOPIC } from '../stage/load.ts';
import type { Scene } from '../stage/scene.ts';

const TIMES = 3;
const BODY_BYTES = 1024;
// As an outbox that is relayed again after a crash would: a stretch of events, then the same stretch again.
const STRETCH = 50;

export const k5: Row = {
  id: 'K5',
  fault: 'each merchant event produced 3 times (1 000 x 3)',
  criterion: 'each app sees 1 000 ids, 0 more; dup 0',
  async run(stage) {
    const count = stage.pick({ full: 1000, short: 200 });
    const scene = await stage.open();
    await publishThrice(scene, count);
    await scene.settle({ withinMs: 60_000 });

    const { lost, dup, unexpected } = await scene.verdict();
    const idsByApp = new Map<string, Set<string>>();
    for (const { appId, webhookId } of await scene.arrivals()) idsByApp.set(appId, (idsByApp.get(appId) ?? new Set()).add(webhookId));
    const wrong = scene.apps.filter(({ id }) => idsByApp.get(id)?.size !== count).length;
    return [exactly('apps with other than as many ids', wrong, 0), none('lost', lost), none('more', unexpected), none('dup', dup)];
  },
};

async function publishThrice({ system, load }: Scene, count: number): Promise<void> {
  const producer = new Kafka({ clientId: 'order-service', brokers: [...system.kafkaBrokers], logLevel: logLevel.ERROR }).producer();
  await producer.connect();
  try {
    for (let from = 0; from < count; from += STRETCH) {
      const events = Array.from({ length: STRETCH }, (_, index) => ({
        id: randomUUID(),
        type: EVENT_TYPE,
        merchant: load.merchants[(from + index) % load.merchants.length] ?? '',
        bodyBytes: BODY_BYTES,
      }));
      const sentMs = nowMs();
      for (let time = 0; time < TIMES; time++) await producer.send({ topic: TOPIC, messages: events.map(toMessage), acks: -1 });
      load.add(events.map(({ id, merchant }) => ({ webhookId: eventIdOf(EVENT_SOURCE, id), apps: load.appsOf(merchant), sentMs })));
    }
  } finally {
    await producer.disconnect();
  }
}
