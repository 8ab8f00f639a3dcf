import type { EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs';
import type { Logger } from 'pino';
import { Backoff } from './backoff.ts';
import { Commits } from './commits.ts';
import { CONSUMER_TIMING, type ConsumerTiming } from './consumer-timing.ts';
import { type Assignment, Membership } from './membership.ts';
import { settledWithin } from './settled-within.ts';
import { topicNames } from './topic-names.ts';

/** Some messages of one partition, in order. */
export interface ConsumedBatch {
  readonly topic: string;
  readonly partition: number;
  readonly messages: readonly KafkaMessage[];
  /** Says that a message is finished: its offset is committed once all before it are finished too. */
  done(offset: string): void;
  /**
   * Says that this member will never finish a message it took: it is not committed and comes again, to whoever has the partition then.
   * For work that has not begun when a consumer is drained or its partition is lost.
   */
  leave(offset: string): void;
  /** Whether the partition is still this member's. When it is not, what is unfinished comes to another one too. */
  readonly isOurs: () => boolean;
}

type Messages = Pick<ConsumedBatch, 'topic' | 'partition' | 'messages'>;

export interface BatchConsumerOptions {
  readonly kafka: Kafka;
  readonly groupId: string;
  /** Names or patterns, asked anew at every (re)start. Topics that come to match later are joined when they are noticed. */
  readonly topics: () => Promise<(string | RegExp)[]> | (string | RegExp)[];
  readonly logger: Logger;
  /** Takes the messages. They may finish later, through `done`. A rejection: nothing of it was taken, it comes again after a while. */
  readonly onBatch: (batch: ConsumedBatch) => Promise<void>;
  /** Waits until there is room for a batch: backpressure. The signal tells when waiting has become pointless. */
  readonly room?: (signal: AbortSignal) => Promise<void>;
  /** Messages handed over at once; small where one message is much work. */
  readonly maxBatch?: number;
  readonly timing?: Partial<ConsumerTiming>;
}

/**
 * A member of a consumer group that never gives up: it (re)connects for ever, hands over batches, keeps its membership while a
 * handler takes its time, and commits only what is finished.
 * States: stopped -start-> joining -(joined)-> running -(lost)-> joining; joining, running -drain-> draining -> stopped.
 */
export class BatchConsumer {
  private readonly timing: ConsumerTiming;
  private readonly commits: Commits;
  private readonly draining = new AbortController();
  private readonly stopped = new AbortController();
  private membership: Membership | undefined;
  private life: Promise<void> | undefined;
  private committing: NodeJS.Timeout | undefined;
  private fault: string | undefined = 'not started';
  private rejection: string | undefined;

  constructor(private readonly options: BatchConsumerOptions) {
    this.timing = { ...CONSUMER_TIMING, ...options.timing };
    this.commits = new Commits(options.groupId, async (offsets) => this.membership?.consumer.commitOffsets(offsets));
  }

  /** Joins the group, now or when the broker comes back. */
  start(): void {
    this.life ??= this.live();
    this.committing ??= setInterval(() => void this.commits.commit(), this.timing.commitEveryMs);
  }

  /** Throws, with the reason, while no messages can come in or the handler does not take them. */
  check(): void {
    const reason = this.fault ?? this.rejection;
    if (reason !== undefined) throw new Error(reason);
    const silentMs = this.membership?.silentMs ?? 0;
    if (silentMs > this.timing.sessionTimeoutMs) throw new Error(`no answer from Kafka for ${Math.round(silentMs / 1000)} s`);
  }

  /** Joins again, with the topics there are now. */
  rejoin(): void {
    this.membership?.end();
  }

  /** Takes nothing more, waits until what was taken is finished, commits, leaves the group. Stays a member while it waits. */
  async drain(): Promise<void> {
    this.draining.abort();
    this.fault = 'stopping';
    this.membership?.pause();
    await this.commits.allFinished();
    clearInterval(this.committing);
    await settledWithin(this.commitAll(), this.timing.leaveMs);
    this.stopped.abort();
    this.membership?.end();
    await settledWithin(this.life ?? Promise.resolve(), 2 * this.timing.leaveMs);
  }

  /** One membership after the other. */
  private async live(): Promise<void> {
    const backoff = new Backoff(this.stopped.signal);
    do {
      try {
        await this.beMember(() => backoff.reset());
        backoff.reset();
      } catch (error) {
        this.setFault(`cannot consume: ${reasonOf(error)}`);
        this.options.logger.warn({ group: this.options.groupId, reason: reasonOf(error) }, 'consumer.waiting');
      }
    } while (await backoff.wait());
  }

  private async beMember(onJoin: () => void): Promise<void> {
    const { kafka, groupId } = this.options;
    this.setFault('joining the consumer group');
    const topics = await this.topics();
    const membership = new Membership({
      kafka,
      groupId,
      timing: this.timing,
      onJoin: (assignment) => {
        onJoin();
        this.joined(membership, assignment);
      },
      onRebalance: () => void this.commits.commit(),
      onCommit: (committed) => this.commits.stored(committed),
    });
    this.membership = membership;
    const watching = setInterval(() => void this.endWhenTopicsCame(membership, topics), this.timing.newTopicsEveryMs);
    try {
      await membership.run(topics, (payload) => this.eachBatch(membership, payload));
    } finally {
      clearInterval(watching);
      this.membership = undefined;
      await membership.leave();
    }
  }

  private joined(membership: Membership, assignment: Assignment): void {
    this.setFault(undefined);
    this.commits.assigned(assignment);
    if (this.draining.signal.aborted) membership.pause();
    this.options.logger.info({ group: this.options.groupId, assignment }, 'consumer.joined');
  }

  private async topics(): Promise<string[]> {
    const { kafka, groupId, logger, topics } = this.options;
    const { present, missing } = await topicNames(kafka, await topics());
    if (present.length === 0) throw new Error(`none of its topics exists yet: ${(await topics()).join(', ')}`);
    if (missing.length > 0) logger.warn({ group: groupId, missing }, 'consumer.topics_missing');
    return present;
  }

  private async endWhenTopicsCame(membership: Membership, topics: readonly string[]): Promise<void> {
    try {
      const { present } = await topicNames(this.options.kafka, await this.options.topics());
      if (present.some((topic) => !topics.includes(topic))) membership.end();
    } catch {
      // Kafka is away: the membership notices it by itself.
    }
  }

  private async commitAll(): Promise<void> {
    // One that is under way may have begun before the last message was finished.
    await this.commits.commit();
    await this.commits.commit();
  }

  private setFault(fault: string | undefined): void {
    if (!this.draining.signal.aborted) this.fault = fault;
  }

  private async eachBatch(membership: Membership, payload: EachBatchPayload): Promise<void> {
    const { topic, partition, messages, highWatermark } = payload.batch;
    const [first] = messages;
    if (first === undefined || membership !== this.membership) return;
    this.commits.seen({ topic, partition, highWatermark, firstOffset: first.offset });
    const size = this.options.maxBatch ?? messages.length;
    for (let at = 0; at < messages.length; at += size) {
      const part = messages.slice(at, at + size);
      const taken = await this.whileMember(payload, (signal) => this.hand({ topic, partition, messages: part }, signal));
      if (!taken || payload.isStale() || !payload.isRunning()) return;
      payload.resolveOffset(part.at(-1)?.offset ?? first.offset);
    }
  }

  /** Hands the messages over until the handler takes them. False when the consumer is being drained: they stay where they are. */
  private async hand(part: Messages, signal: AbortSignal): Promise<boolean> {
    const backoff = new Backoff(signal);
    do {
      try {
        await this.options.room?.(signal);
        if (signal.aborted) break;
        await this.offer(part);
        this.rejection = undefined;
        return true;
      } catch (error) {
        if (signal.aborted) break;
        if (this.rejection === undefined) this.options.logger.warn({ group: this.options.groupId, err: error }, 'consumer.batch_rejected');
        this.rejection = `batches are rejected: ${reasonOf(error)}`;
      }
    } while (await backoff.wait());
    if (this.draining.signal.aborted) return false;
    throw signal.reason as Error;
  }

  private async offer({ topic, partition, messages }: Messages): Promise<void> {
    const tracker = this.commits.tracker(topic, partition);
    const fresh = messages.filter(({ offset }) => tracker.take(Number(offset)));
    const [first] = fresh;
    if (first === undefined) return;
    try {
      await this.options.onBatch({
        topic,
        partition,
        messages: fresh,
        done: (offset) => this.commits.done(tracker, offset),
        leave: (offset) => this.commits.leave(tracker, offset),
        isOurs: () => this.commits.isCurrent(tracker, topic, partition),
      });
    } catch (error) {
      this.commits.untake(tracker, first.offset);
      throw error;
    }
  }

  /** Keeps the membership alive during the work. When it is lost, the work's signal aborts, and the loss is thrown for kafkajs to join again. */
  private async whileMember(payload: EachBatchPayload, work: (signal: AbortSignal) => Promise<boolean>): Promise<boolean> {
    const lost = new AbortController();
    const beat = setInterval(() => void payload.heartbeat().catch((error: unknown) => lost.abort(error)), this.timing.heartbeatMs);
    try {
      const taken = await work(AbortSignal.any([lost.signal, this.draining.signal]));
      lost.signal.throwIfAborted();
      return taken;
    } finally {
      clearInterval(beat);
    }
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : JSON.stringify(error);
}
