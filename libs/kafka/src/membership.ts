import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import type { ConsumerTiming } from './consumer-timing.ts';
import { cooperativeAssigner, RejoinRequest } from './cooperative-assigner.ts';
import { settledWithin } from './settled-within.ts';
import type { Assignment } from './share-out.ts';

export interface Joined {
  /** A new one: the broker had given this member up, or never knew it. Others may have had its partitions meanwhile. */
  readonly memberId: string;
  readonly assignment: Assignment;
}

export interface MembershipOptions {
  readonly kafka: Kafka;
  readonly groupId: string;
  readonly timing: ConsumerTiming;
  readonly onJoin: (joined: Joined) => void;
  /** What this member has work of and does not want given to others yet. */
  readonly claims?: () => Assignment;
  readonly onCommit?: (committed: readonly CommittedTopic[]) => void;
  /** The next fetch waits for it. */
  readonly beforeFetch?: () => Promise<void>;
  /** Told of each sign of life of the broker. */
  readonly onAlive?: () => void;
}

export interface CommittedTopic {
  readonly topic: string;
  readonly partitions: readonly { readonly partition: number; readonly offset: unknown }[];
}

interface Place {
  readonly topic: string;
  readonly partition: number;
}

// Handing a batch over takes no time, but kafkajs may wait for a heartbeat after it, which those beside it share. At each fetch it starts so many
// tasks, busy or not: with 64 they were a quarter of what a message that comes alone allocated.
const BATCHES_AT_ONCE = 8;
// What one fetch may bring of a partition, and in all; a single message that is larger comes alone. With what HeldPartition holds it
// bounds a consumer's memory.
const MAX_PARTITION_BYTES = 1_048_576;
const MAX_FETCH_BYTES = 8 * 1_048_576;
// Without a sign of life from the broker for so many session timeouts the membership counts as lost.
const SILENT_SESSIONS = 3;

/**
 * One kafkajs consumer, from joining a group to leaving it. It is not used again: kafkajs keeps topics that were deleted,
 * dead brokers and half-stopped runners over a crash, and restarts itself after some errors only.
 */
export class Membership {
  readonly consumer: Consumer;
  private readonly ended = Promise.withResolvers<undefined>();
  private lastSignMs = performance.now();
  private topics: readonly string[] = [];
  private wantsRejoin = false;

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
      maxBytes: MAX_FETCH_BYTES,
      allowAutoTopicCreation: false,
      partitionAssigners: [cooperativeAssigner({ claims: () => this.claims(), beforeFetch: () => this.beforeFetch() })],
      retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 5, restartOnFailure: () => Promise.resolve(false) },
    });
    // It may end before anybody waits for it.
    this.ended.promise.catch(() => undefined);
    this.listen();
  }

  /** Joins, and hands over batches until `end` (resolves) or until the membership is lost (rejects). */
  async run(topics: string[], eachBatch: (payload: EachBatchPayload) => void): Promise<void> {
    const { consumer } = this;
    this.topics = topics;
    const watchdog = setInterval(() => this.failWhenSilent(), this.options.timing.heartbeatMs);
    try {
      await consumer.connect();
      await consumer.subscribe({ topics, fromBeginning: true });
      await consumer.run({
        partitionsConsumedConcurrently: BATCHES_AT_ONCE,
        autoCommit: false,
        eachBatchAutoResolve: false,
        eachBatch: (payload) => {
          eachBatch(payload);
          return Promise.resolve();
        },
      });
      await this.ended.promise;
    } finally {
      clearInterval(watchdog);
    }
  }

  /** Fetches nothing more, and stays a member. */
  pauseAll(): void {
    try {
      this.consumer.pause(this.topics.map((topic) => ({ topic })));
    } catch {
      // kafkajs has not begun to fetch yet; joining pauses again.
    }
  }

  /** Fetches nothing more of one partition. */
  pause({ topic, partition }: Place): void {
    this.consumer.pause([{ topic, partitions: [partition] }]);
  }

  resume({ topic, partition }: Place): void {
    try {
      this.consumer.resume([{ topic, partitions: [partition] }]);
    } catch {
      // It has just been lost; the next one has nothing paused.
    }
  }

  /** Fetches the partition from this offset on. */
  seek({ topic, partition }: Place, offset: number): void {
    this.consumer.seek({ topic, partition, offset: String(offset) });
  }

  /** Joins again, with other claims than before: something is free for others. */
  rejoin(): void {
    this.wantsRejoin = true;
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
    return performance.now() - this.lastSignMs;
  }

  private claims(): Assignment {
    this.wantsRejoin = false;
    return this.options.claims?.() ?? {};
  }

  private async beforeFetch(): Promise<void> {
    await this.options.beforeFetch?.();
    if (this.wantsRejoin) throw new RejoinRequest('partitions that moved are finished');
  }

  private listen(): void {
    const { consumer, options } = this;
    const alive = (): void => {
      this.lastSignMs = performance.now();
      options.onAlive?.();
    };
    consumer.on(consumer.events.HEARTBEAT, alive);
    consumer.on(consumer.events.FETCH, alive);
    consumer.on(consumer.events.COMMIT_OFFSETS, ({ payload }) => options.onCommit?.(payload.topics));
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      alive();
      options.onJoin({ memberId: payload.memberId, assignment: payload.memberAssignment });
    });
    consumer.on(consumer.events.CRASH, ({ payload }) => this.ended.reject(payload.error));
  }

  private failWhenSilent(): void {
    if (this.silentMs < SILENT_SESSIONS * this.options.timing.sessionTimeoutMs) return;
    this.ended.reject(new Error(`no answer from Kafka for ${Math.round(this.silentMs / 1000)} s`));
  }
}
