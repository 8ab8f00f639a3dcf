import { randomUUID } from 'node:crypto';
import { type Consumer, Kafka, type KafkaMessage, logLevel } from 'kafkajs';

/** A dead letter as an operator finds it. */
export interface DeadLetter {
  /** Of the dead-letter topic. */
  readonly topic: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** As text. */
  readonly headers: Readonly<Record<string, string>>;
  /** When it was put there, Unix ms. */
  readonly atMs: number;
}

/** Reads dead-letter topics from their beginning on. */
export class DeadLetterTap {
  readonly letters: DeadLetter[] = [];
  readonly #consumer: Consumer;

  private constructor(consumer: Consumer) {
    this.#consumer = consumer;
  }

  static async start(brokers: readonly string[], topics: readonly string[]): Promise<DeadLetterTap> {
    const kafka = new Kafka({ clientId: 'operator', brokers: [...brokers], logLevel: logLevel.NOTHING });
    const consumer = kafka.consumer({ groupId: `operator-${randomUUID()}` });
    const tap = new DeadLetterTap(consumer);
    await consumer.connect();
    await consumer.subscribe({ topics: [...topics], fromBeginning: true });
    await consumer.run({
      eachMessage: ({ topic, message }) => {
        tap.letters.push(letterOf(topic, message));
        return Promise.resolve();
      },
    });
    return tap;
  }

  async stop(): Promise<void> {
    await this.#consumer.disconnect();
  }
}

function letterOf(topic: string, { key, value, headers = {}, timestamp }: KafkaMessage): DeadLetter {
  const texts = Object.entries(headers).map(([name, text]) => [name, String(Array.isArray(text) ? text[0] : text)] as const);
  return { topic, key, value, headers: Object.fromEntries(texts), atMs: Number(timestamp) };
}
