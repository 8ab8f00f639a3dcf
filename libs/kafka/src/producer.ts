import kafkajs, { type Kafka, type Producer } from 'kafkajs';
import { Backoff, waited } from './backoff.ts';
import { inChunks } from './chunks.ts';
import { Gathered } from './gathered.ts';
import { createPartitioner } from './partition.ts';
import { settledWithin } from './settled-within.ts';
import type { TopicMessages } from './outgoing-message.ts';

const { CompressionTypes } = kafkajs;

const ALL_REPLICAS = -1;
// How long the broker waits for its replicas before it answers.
const ACK_TIMEOUT_MS = 5000;
const METADATA_MAX_AGE_MS = 10_000;
const PROBE_EVERY_MS = 2000;
const CLOSE_MS = 3000;

/** Sends with acks=all and connects by itself, again and again, in the background. */
export class KafkaProducer {
  private readonly producer: Producer;
  private readonly gathered = new Gathered<TopicMessages, void>({
    request: (topicMessages) => this.sendTogether(topicMessages),
    retriesAlone: true,
  });
  private readonly closed = new AbortController();
  private connected: Promise<void> | undefined;
  private probing: Promise<void> | undefined;
  private fault: Error | undefined = new Error('not connected to Kafka yet');

  constructor(private readonly kafka: Kafka) {
    this.producer = kafka.producer({
      allowAutoTopicCreation: false,
      createPartitioner,
      metadataMaxAge: METADATA_MAX_AGE_MS,
      // Callers try again themselves; a few quick ones here bridge a broker's restart or a new leader.
      retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 3 },
    });
  }

  /** Connects in the background and from then on looks every 2 s whether Kafka answers; `send` connects too when it must. */
  start(): void {
    this.probing ??= this.probe();
  }

  /**
   * Resolves when every in-sync replica has all messages; rejects when that is not known, and then some may be there.
   * Messages of one partition keep their order, within one call and between calls that wait for each other.
   * Calls made while others are under way share requests: a request costs the broker more than the messages in it.
   */
  async send(topicMessages: readonly TopicMessages[]): Promise<void> {
    await this.gathered.ask(topicMessages);
  }

  /** Throws, with the reason, when the last thing tried has failed: a send, or a look whether Kafka answers. */
  check(): void {
    if (this.fault !== undefined) throw this.fault;
  }

  async close(): Promise<void> {
    this.closed.abort();
    await settledWithin(Promise.all([this.producer.disconnect(), this.probing]), CLOSE_MS);
  }

  private async sendTogether(topicMessages: readonly TopicMessages[]): Promise<void> {
    try {
      await this.connect();
      for (const chunk of inChunks(topicMessages)) {
        await this.producer.sendBatch({
          acks: ALL_REPLICAS,
          timeout: ACK_TIMEOUT_MS,
          compression: CompressionTypes.None,
          topicMessages: chunk,
        });
      }
      this.fault = undefined;
    } catch (error) {
      this.fault = error as Error;
      throw error;
    }
  }

  private connect(): Promise<void> {
    this.connected ??= this.producer.connect().catch((error: unknown) => {
      this.connected = undefined;
      throw error;
    });
    return this.connected;
  }

  /** kafkajs notices a lost broker only when it sends, and a producer may be idle for long. */
  private async probe(): Promise<void> {
    const { signal } = this.closed;
    const backoff = new Backoff(signal);
    do {
      const admin = this.kafka.admin({ retry: { retries: 0 } });
      try {
        await this.connect();
        await admin.connect();
        do {
          await admin.describeCluster();
          this.fault = undefined;
          backoff.reset();
        } while (await waited(PROBE_EVERY_MS, signal));
      } catch (error) {
        this.fault = error as Error;
      } finally {
        await admin.disconnect().catch(() => undefined);
      }
    } while (await backoff.wait());
  }
}
