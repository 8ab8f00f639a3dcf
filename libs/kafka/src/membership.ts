import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import type { ConsumerTiming } from './consumer-timing.ts';
import { settledWithin } from './settled-within.ts';

export interface MembershipOptions {
  readonly kafka: Kafka;
  readonly groupId: string;
  readonly timing: ConsumerTiming;
  readonly onJoin: (assignment: Assignment) => void;
  /** The group's members change; whoever has something to commit may still do so. */
  readonly onRebalance?: () => void;
  readonly onCommit?: (committed: readonly CommittedTopic[]) => void;
}

/** Partitions by topic. */
export type Assignment = Readonly<Record<string, number[]>>;

export interface CommittedTopic {
  readonly topic: string;
  readonly partitions: readonly { readonly partition: number; readonly offset: unknown }[];
}

// Partitions are independent; their batches are handled side by side.
const PARTITIONS_AT_ONCE = 8;
const MAX_PARTITION_BYTES = 2 * 1_048_576;
// Without a sign of life from the broker for so many session timeouts the membership counts as lost.
const SILENT_SESSIONS = 3;

/**
 * One kafkajs consumer, from joining a group to leaving it. It is not used again: kafkajs keeps topics that were deleted,
 * dead brokers and half-stopped runners over a crash, and restarts itself after some errors only.
 */
export class Membership {
  readonly consumer: Consumer;
  private readonly ended = Promise.withResolvers<undefined>();
  private lastSignMs = Date.now();
  private topics: readonly string[] = [];

  constructor(private readonly options: MembershipOptions) {
    const { kafka, groupId, timing } = options;
    this.consumer = kafka.consumer({
      groupId,
      sessionTimeout: timing.sessionTimeoutMs,
      rebalanceTimeout: timing.rebalanceTimeoutMs,
      heartbeatInterval: timing.heartbeatMs,
      maxWaitTimeInMs: timing.maxWaitMs,
      metadataMaxAge: timing.metadataMaxAgeMs,
      maxBytesPerPartition: MAX_PARTITION_BYTES,
      allowAutoTopicCreation: false,
      retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 5, restartOnFailure: () => Promise.resolve(false) },
    });
    // It may end before anybody waits for it.
    this.ended.promise.catch(() => undefined);
    this.listen();
  }

  /** Joins, and hands over batches until `end` (resolves) or until the membership is lost (rejects). */
  async run(topics: string[], eachBatch: (payload: EachBatchPayload) => Promise<void>): Promise<void> {
    const { consumer } = this;
    this.topics = topics;
    const watchdog = setInterval(() => this.failWhenSilent(), this.options.timing.heartbeatMs);
    try {
      await consumer.connect();
      await consumer.subscribe({ topics, fromBeginning: true });
      await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, partitionsConsumedConcurrently: PARTITIONS_AT_ONCE, eachBatch });
      await this.ended.promise;
    } finally {
      clearInterval(watchdog);
    }
  }

  /** Fetches nothing more, and stays a member. */
  pause(): void {
    try {
      this.consumer.pause(this.topics.map((topic) => ({ topic })));
    } catch {
      // kafkajs has not begun to fetch yet; joining pauses again.
    }
  }

  /** Makes `run` resolve. */
  end(): void {
    this.ended.resolve(undefined);
  }

  /** Leaves the group, or stops trying to. Never rejects. */
  async leave(): Promise<void> {
    await settledWithin(this.consumer.disconnect(), this.options.timing.leaveMs);
  }

  get silentMs(): number {
    return Date.now() - this.lastSignMs;
  }

  private listen(): void {
    const { consumer, options } = this;
    const alive = (): void => void (this.lastSignMs = Date.now());
    consumer.on(consumer.events.HEARTBEAT, alive);
    consumer.on(consumer.events.FETCH, alive);
    consumer.on(consumer.events.REBALANCING, () => options.onRebalance?.());
    consumer.on(consumer.events.COMMIT_OFFSETS, ({ payload }) => options.onCommit?.(payload.topics));
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      alive();
      options.onJoin(payload.memberAssignment);
    });
    consumer.on(consumer.events.CRASH, ({ payload }) => this.ended.reject(payload.error));
  }

  private failWhenSilent(): void {
    if (this.silentMs < SILENT_SESSIONS * this.options.timing.sessionTimeoutMs) return;
    this.ended.reject(new Error(`no answer from Kafka for ${Math.round(this.silentMs / 1000)} s`));
  }
}
