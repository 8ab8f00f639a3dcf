import { type DeadReason, deadTopic } from '@hookwright/contracts';
import { Backoff, type ConsumedBatch, type KafkaProducer, type OutgoingMessage } from '@hookwright/kafka';
import type { Logger } from '@hookwright/runtime';
import { deadLettered } from '../metrics.ts';

type Message = ConsumedBatch['messages'][number];

// Its headers are the event's attributes.
const REASON: DeadReason = 'missing_attribute';
// api.md: cut at 64 KiB.
const MAX_VALUE_BYTES = 65_536;

/** Puts messages of webhook.deliveries that cannot be read where the operator finds them. Only a bug of ours makes one. */
export class DeadLetters {
  constructor(
    private readonly producer: KafkaProducer,
    private readonly logger: Logger,
  ) {}

  /** Finishes the message when its dead letter is stored, however long that takes; leaves it when stopped before. */
  async bury(batch: ConsumedBatch, message: Message, { detail, signal }: { detail: string; signal: AbortSignal }): Promise<void> {
    const { topic, partition } = batch;
    this.logger.error({ topic, partition, offset: message.offset, detail }, 'delivery.message_unreadable');
    const backoff = new Backoff(signal);
    do {
      try {
        await this.producer.send([{ topic: deadTopic(topic), messages: [deadLetter(batch, message, detail)] }]);
        deadLettered.inc({ reason: REASON });
        batch.done(message.offset);
        return;
      } catch (error) {
        this.logger.warn({ reason: (error as Error).message }, 'delivery.dead_letter_waiting');
      }
    } while (await backoff.wait());
    batch.leave(message.offset);
  }
}

function deadLetter({ topic, partition }: ConsumedBatch, { key, value, headers, offset }: Message, detail: string): OutgoingMessage {
  const kept = Object.entries(headers ?? {}).filter((header): header is [string, string | Buffer] => {
    return typeof header[1] === 'string' || Buffer.isBuffer(header[1]);
  });
  const isCut = (value?.length ?? 0) > MAX_VALUE_BYTES;
  return {
    key,
    value: value?.subarray(0, MAX_VALUE_BYTES) ?? null,
    headers: {
      ...Object.fromEntries(kept),
      dead_reason: REASON,
      dead_detail: detail,
      dead_topic: topic,
      dead_partition: String(partition),
      dead_offset: offset,
      dead_at: new Date().toISOString(),
      ...(isCut ? { dead_truncated: 'true' } : {}),
    },
  };
}
