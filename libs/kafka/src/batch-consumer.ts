import { setTimeout as delay } from 'node:timers/promises';
import type { EachBatchPayload, Kafka } from 'kafkajs';
import type { Logger } from 'pino';
import { Backoff } from './backoff.ts';
import { CONSUMER_TIMING, type ConsumerTiming } from './consumer-timing.ts';
import { type ConsumedBatch, HeldPartition } from './held-partition.ts';
import { HeldPartitions } from './held-partitions.ts';
import { type Joined, Membership } from './membership.ts';
import { PaceMeter } from './pace-meter.ts';
import { settledWithin } from './settled-within.ts';
import { topicNames } from './topic-names.ts';

export interface BatchConsumerOptions {
  /** Of this consumer alone: kafkajs keeps one table of committed offsets for all members of a group that share a client. */
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

// Bytes that may wait in memory to be handed over, besides one fetch: about 100 ms of work of a busy worker, so that it need not wait for
// the next fetch. Shared among the partitions; one partition alone takes no more than the second figure, and always the third.
const WAITING_BYTES = 16 * 1_048_576;
const MOST_PARTITION_BYTES = 1_048_576;
const LEAST_PARTITION_BYTES = 65_536;
// A handler that takes less is waited for before the next fetch, which so brings many messages at once: fetching again and again for a few
// each costs more than handling them. A partition whose handler takes longer is not waited for again until it has caught up.
const QUICK_MS = 10;
// A message that comes alone costs several times what it costs among others: where so long a pause before the next fetch gathers at least
// eight more, it is made. Below 400 a second nobody waits.
const LINGER_MS = 20;
const WORTH_LINGERING_PER_SECOND = 8000 / LINGER_MS;
// Soon enough that the first second of a load is not spent on messages that come alone.
const PACE_WINDOW_MS = 100;

/**
 * A member of a consumer group that never gives up: it (re)connects for ever, hands over batches, and commits only what is finished.
 * Handing over happens beside fetching: a slow partition is paused when enough of it waits, the others go on, and no handler can cost the
 * membership. When members come or go, only partitions that move are touched: they are finished and committed before others get them.
 * States: stopped -start-> joining -(joined)-> running -(lost)-> joining; joining, running -drain-> draining -> stopped.
 */
export class BatchConsumer {
  private readonly timing: ConsumerTiming;
  private readonly partitions: HeldPartitions;
  private readonly draining = new AbortController();
  private readonly stopped = new AbortController();
  private readonly pace = new PaceMeter(performance.now(), PACE_WINDOW_MS);
  /** Of partitions that were not behind when the last fetch came. */
  private readonly handingOver: Promise<void>[] = [];
  private gathering: Promise<void> | undefined;
  private membership: Membership | undefined;
  private memberId: string | undefined;
  private isRejoining = false;
  private life: Promise<void> | undefined;
  private committing: NodeJS.Timeout | undefined;
  private fault: string | undefined = 'not started';

  constructor(private readonly options: BatchConsumerOptions) {
    this.timing = { ...CONSUMER_TIMING, ...options.timing };
    this.partitions = new HeldPartitions({
      groupId: options.groupId,
      make: (topic, partition) => this.makePartition(topic, partition),
      commit: async (offsets) => this.membership?.consumer.commitOffsets(offsets),
    });
  }

  /** Joins the group, now or when the broker comes back. */
  start(): void {
    this.life ??= this.live();
    this.committing ??= setInterval(() => void this.partitions.commit(), this.timing.commitEveryMs);
  }

  /** Throws, with the reason, while no messages can come in or the handler does not take them. */
  check(): void {
    if (this.fault !== undefined) throw new Error(this.fault);
    const rejection = this.partitions.all.find(({ isHeld, rejection: reason }) => isHeld && reason !== undefined)?.rejection;
    if (rejection !== undefined) throw new Error(`batches are rejected: ${rejection}`);
    const silentMs = this.membership?.silentMs ?? 0;
    if (silentMs > this.timing.sessionTimeoutMs) throw new Error(`no answer from Kafka for ${Math.round(silentMs / 1000)} s`);
  }

  /** Finishes what it has begun and joins again, with the topics there are now. */
  rejoin(): void {
    const { membership } = this;
    if (membership === undefined || this.isRejoining) return;
    this.isRejoining = true;
    membership.pauseAll();
    void this.finish(this.partitions.all).then(() => membership.end());
  }

  /** Takes nothing more, waits until what was taken is finished, commits, leaves the group. Stays a member while it waits. */
  async drain(): Promise<void> {
    this.draining.abort();
    this.fault = 'stopping';
    this.membership?.pauseAll();
    await Promise.all(this.partitions.all.map((held) => held.allFinished()));
    clearInterval(this.committing);
    await this.partitions.commitAll(this.partitions.all, this.timing.leaveMs);
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
        this.setFault(`cannot consume: ${(error as Error).message}`);
        this.options.logger.warn({ group: this.options.groupId, reason: (error as Error).message }, 'consumer.waiting');
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
      claims: () => this.partitions.claims(),
      onJoin: (joined) => {
        onJoin();
        this.joined(membership, joined);
      },
      onCommit: (committed) => this.partitions.stored(committed),
      beforeFetch: () => this.beforeFetch(),
    });
    this.membership = membership;
    this.memberId = undefined;
    this.isRejoining = false;
    // Nothing is claimed that the group has given to others: whoever was a member before is a new one now.
    this.forgetAll();
    const watching = setInterval(() => void this.rejoinWhenTopicsCame(membership, topics), this.timing.newTopicsEveryMs);
    try {
      await membership.run(topics, (payload) => this.eachBatch(membership, payload));
    } finally {
      clearInterval(watching);
      this.membership = undefined;
      await membership.leave();
    }
  }

  private joined(membership: Membership, { memberId, assignment }: Joined): void {
    const { groupId, logger } = this.options;
    this.setFault(undefined);
    if (this.memberId !== undefined && memberId !== this.memberId) {
      // The broker had given this member up, and others may have had its partitions meanwhile. What another broker's fetch still brings here
      // was asked for by the old one: a new membership ignores it.
      this.forgetAll();
      membership.end();
      return;
    }
    this.memberId = memberId;
    const { kept, added, gone, unfinished } = this.partitions.assign(assignment);
    // kafkajs goes back to what is committed at every join.
    for (const held of kept) if (held.next !== undefined) membership.seek(held, held.next);
    for (const held of added) membership.resume(held);
    // Its finishing ends with a rejoin, and then it is new to whoever gets it.
    for (const held of unfinished) membership.pause(held);
    // What it would begin now it would forget, and others begin it again.
    if (this.draining.signal.aborted || this.isRejoining) membership.pauseAll();
    logger.info({ group: groupId, assignment, gone: gone.map(({ topic, partition }) => `${topic}/${partition}`) }, 'consumer.joined');
    if (gone.length > 0) void this.finish(gone).then(() => membership.rejoin());
  }

  /** Waits for what was begun of these partitions, as long as it is reasonable, commits it, and lets go of them. */
  private async finish(moving: readonly HeldPartition[]): Promise<void> {
    for (const held of moving) held.close();
    await settledWithin(Promise.all(moving.map((held) => held.allFinished())), this.timing.finishMs);
    await this.partitions.commitAll(moving, this.timing.leaveMs);
    for (const held of moving) this.partitions.drop(held);
  }

  private forgetAll(): void {
    for (const held of this.partitions.all) this.partitions.drop(held);
  }

  private async topics(): Promise<string[]> {
    const { kafka, groupId, logger, topics } = this.options;
    const { present, missing } = await topicNames(kafka, await topics());
    if (present.length === 0) throw new Error(`none of its topics exists yet: ${(await topics()).join(', ')}`);
    if (missing.length > 0) logger.warn({ group: groupId, missing }, 'consumer.topics_missing');
    return present;
  }

  private async rejoinWhenTopicsCame(membership: Membership, topics: readonly string[]): Promise<void> {
    try {
      const { present } = await topicNames(this.options.kafka, await this.options.topics());
      if (present.some((topic) => !topics.includes(topic)) && membership === this.membership) this.rejoin();
    } catch {
      // Kafka is away: the membership notices it by itself.
    }
  }

  private setFault(fault: string | undefined): void {
    if (!this.draining.signal.aborted) this.fault = fault;
  }

  private eachBatch(membership: Membership, payload: EachBatchPayload): void {
    const { batch } = payload;
    const held = membership === this.membership ? this.heldFor(batch) : undefined;
    if (held?.isHeld !== true) return;
    const isBehind = held.bytes > 0;
    held.fetched(batch.messages, Number(batch.highWatermark));
    this.partitions.measureLag(held, Number(batch.messages[0]?.offset));
    payload.resolveOffset(batch.lastOffset());
    if (held.bytes >= this.waitingBound()) {
      held.isFull = true;
      membership.pause(held);
    } else if (!isBehind) {
      this.handingOver.push(held.handedOver());
      this.pace.tick(performance.now(), batch.messages.length);
    }
  }

  /** Before the next fetch, of whichever broker: waits for quick handlers, and for more messages where they come fast. */
  private async beforeFetch(): Promise<void> {
    if (this.handingOver.length > 0) this.gathering ??= this.gather(this.handingOver.splice(0));
    await this.gathering;
  }

  private async gather(handingOver: readonly Promise<void>[]): Promise<void> {
    await settledWithin(Promise.all(handingOver), QUICK_MS);
    if (this.pace.perSecond(performance.now()) > WORTH_LINGERING_PER_SECOND) await delay(LINGER_MS);
    this.gathering = undefined;
  }

  private heldFor({ topic, partition, highWatermark }: EachBatchPayload['batch']): HeldPartition | undefined {
    const held = this.partitions.of(topic, partition);
    // The topic was deleted and made anew: its offsets began again, and nothing of the new ones was taken.
    return held !== undefined && Number(highWatermark) < (held.next ?? 0) ? this.partitions.renew(topic, partition) : held;
  }

  private makePartition(topic: string, partition: number): HeldPartition {
    const { groupId, logger, maxBatch = Infinity, onBatch, room } = this.options;
    const held: HeldPartition = new HeldPartition({
      topic,
      partition,
      maxBatch,
      onBatch,
      room,
      draining: this.draining.signal,
      onRejected: (error) => logger.warn({ group: groupId, topic, partition, err: error }, 'consumer.batch_rejected'),
      onHandedOver: () => {
        if (!held.isFull || held.bytes >= this.waitingBound()) return;
        held.isFull = false;
        this.membership?.resume(held);
      },
    });
    return held;
  }

  private waitingBound(): number {
    const share = WAITING_BYTES / Math.max(1, this.partitions.all.length);
    return Math.min(MOST_PARTITION_BYTES, Math.max(LEAST_PARTITION_BYTES, share));
  }
}
