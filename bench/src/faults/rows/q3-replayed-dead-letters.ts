import { eventIdOf } from '@hookwright/contracts';
import { OPERATOR_TOKEN } from '@hookwright/local';
import { Kafka, logLevel, type Message } from 'kafkajs';
import { nowMs } from '../../clock.ts';
import { EVENT_SOURCE, toMessage } from '../../load/cloud-event.ts';
import { ApiPool } from '../../system/api.ts';
import { SCOPE } from '../../system/provisioning.ts';
import { settled } from '../../system/settled.ts';
import { exactly, none } from '../judge/checks.ts';
import { judgePairs } from '../judge/pairs.ts';
import type { Row } from '../row.ts';
import { type DeadLetter, DeadLetterTap } from '../stage/dead-letter-tap.ts';
import { TOPIC } from '../stage/load.ts';
import { until } from '../stage/until.ts';

/** Published before the operator made it known: every event of it becomes a dead letter. */
const FORGOTTEN_TYPE = 'order.forgotten';
const APPS = 5;

export const q3: Row = {
  id: 'Q3',
  fault: 'replay the dead letters after a fix',
  criterion: '100 % delivered, ids as they would have been',
  async run(stage) {
    const count = stage.pick({ full: 1000, short: 100 });
    const merchants = Array.from({ length: 24 }, (_, number) => `mer_${number}`);
    const scene = await stage.open({
      wishes: (receiver) =>
        Array.from({ length: APPS }, (_, number) => ({ url: receiver.urlOf(number), merchants, webhook: { enabled_events: ['order.*'] } })),
    });
    const { kafkaBrokers, apiUrl } = scene.system;
    const tap = stage.with(await DeadLetterTap.start(kafkaBrokers, [`${TOPIC}.dead`]));
    const producer = new Kafka({ clientId: 'operator', brokers: [...kafkaBrokers], logLevel: logLevel.NOTHING }).producer();
    await producer.connect();
    stage.with({ stop: () => producer.disconnect() });

    const ids = Array.from({ length: count }, (_, number) => ({
      id: `forgotten-${number}`,
      merchant: merchants[number % merchants.length] ?? '',
    }));
    const messages = ids.map((one) => toMessage({ ...one, type: FORGOTTEN_TYPE, bodyBytes: 1024 }));
    await producer.send({ topic: TOPIC, messages, acks: -1 });
    await until(() => Promise.resolve(tap.letters.length >= count), 60_000);
    const letters = [...tap.letters];

    stage.say('the fix: the event type is known');
    const api = new ApiPool(apiUrl, 1);
    await api.as(OPERATOR_TOKEN).call('POST', '/v1/operator/event-types', {
      type: FORGOTTEN_TYPE,
      required_scope: SCOPE,
      description: 'An order that somebody forgot.',
      schema: { type: 'object' },
      example: { id: 'ord_1' },
    });
    await api.close();
    await settled();
    const sentMs = nowMs();
    await producer.send({ topic: TOPIC, messages: letters.map(toOriginal), acks: -1 });
    await scene.untilArrived(count * APPS, 60_000).catch(() => undefined);
    await scene.settle({ withinMs: 60_000 });

    const apps = scene.apps.map(({ id }) => id);
    const accepted = ids.map(({ id }) => ({ webhookId: eventIdOf(EVENT_SOURCE, id), apps, sentMs }));
    const { lost, dup, arrived, unexpected } = judgePairs(accepted, await scene.arrivals());
    return [
      exactly('dead letters', letters.length, count),
      exactly('delivered', arrived, count * APPS),
      none('lost', lost),
      none('dup', dup),
      none('other ids', unexpected),
      none('dead again', tap.letters.length - letters.length),
    ];
  },
};

/**
 * The message as it was: its key, its value and its headers without those that say how it died. This is all that a replay has to do
 * (docs/errors.md), with any Kafka client.
 */
function toOriginal({ key, value, headers }: DeadLetter): Message {
  const own = Object.entries(headers).filter(([name]) => !name.startsWith('dead_'));
  return { key, value, headers: Object.fromEntries(own), timestamp: headers['dead_timestamp'] ?? String(Date.now()) };
}
