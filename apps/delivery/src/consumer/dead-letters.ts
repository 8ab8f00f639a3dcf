import { create } from '@bufbuild/protobuf';
import { type DeadReason, MatchedAppSchema, deadTopic, encodeDeliveryHeaders } from '@hookwright/contracts';
import { Backoff, type ConsumedBatch, type KafkaProducer, deadLetter } from '@hookwright/kafka';
import type { Logger } from '@hookwright/runtime';
import type { Delivery } from '../expansion/delivery.ts';
import { deadLettered } from '../metrics.ts';

type Message = ConsumedBatch['messages'][number];

// A message's headers are the event's attributes.
const HEADERS_BROKEN: DeadReason = 'missing_attribute';

const UNSTORABLE: DeadReason = 'unstorable';

/** Puts what of webhook.deliveries cannot be read or recorded where the operator finds it. Only a bug of ours makes one. */
export class DeadLetters {
  constructor(
    private readonly producer: KafkaProducer,
    private readonly topic: string,
    private readonly logger: Logger,
  ) {}

  /** Finishes the message when its dead letter is stored, however long that takes; leaves it when stopped before. */
  async bury(batch: ConsumedBatch, message: Message, { detail, signal }: { detail: string; signal: AbortSignal }): Promise<void> {
    const { topic, partition } = batch;
    this.logger.error({ topic, partition, offset: message.offset, detail }, 'delivery.message_unreadable');
    const reason = message.unreadable?.reason ?? HEADERS_BROKEN;
    const backoff = new Backoff(signal);
    do {
      try {
        const letter = deadLetter(message, { topic, partition, reason, detail: message.unreadable?.detail ?? detail, atMs: Date.now() });
        await this.producer.send([{ topic: deadTopic(topic), messages: [letter] }]);
        deadLettered.inc({ reason });
        batch.done(message.offset);
        return;
      } catch (error) {
        this.logger.warn({ reason: (error as Error).message }, 'delivery.dead_letter_waiting');
      }
    } while (await backoff.wait());
    batch.leave(message.offset);
  }

  /** One delivery of a message, as a message with one app. Rejects while Kafka is away. */
  async buryDelivery({ appId, installationId, generation, afterCreated, source, createdAtMs }: Delivery, detail: string): Promise<void> {
    const { topic } = this;
    const app = create(MatchedAppSchema, { appId, installationId, generation, afterCreated });
    const message = {
      key: Buffer.from(source.event.merchantId),
      value: source.data,
      headers: encodeDeliveryHeaders(source.event, [app]),
      timestamp: String(createdAtMs),
      // Its delivery knows neither its partition nor its offset.
      offset: '',
      attributes: 0,
    };
    const letter = deadLetter(message, { topic, partition: -1, reason: UNSTORABLE, detail, atMs: Date.now() });
    await this.producer.send([{ topic: deadTopic(topic), messages: [letter] }]);
    deadLettered.inc({ reason: UNSTORABLE });
  }
}
