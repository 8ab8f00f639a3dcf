import { randomUUID } from 'node:crypto';
import type { EachBatchPayload, Kafka } from 'kafkajs';
import type { Logger } from 'pino';
import { Backoff } from './backoff.ts';
import { type ConsumerTiming, READER_TIMING } from './consumer-timing.ts';
import { Membership } from './membership.ts';
import type { FetchedMessage } from './record-batch.ts';
import { settledWithin } from './settled-within.ts';

export interface CompactedTableOptions {
  readonly kafka: Kafka;
  readonly topic: string;
  readonly logger: Logger;
  /** Puts one snapshot into memory; null: the key was removed. Must not throw; when it does, that snapshot is logged and passed over. */
  readonly apply: (key: string, value: Buffer | null) => void;
  readonly timing?: Partial<ConsumerTiming>;
}

/**
 * A compacted topic kept in memory: read from its beginning to its end, then followed. Every process reads all of it, so it
 * is a consumer group of its own, without commits. While the broker is away the table stays as it was.
 */
export class CompactedTable {
  private readonly timing: ConsumerTiming;
  private readonly stopped = new AbortController();
  private readonly loaded = Promise.withResolvers<undefined>();
  /** Partition → offset of the next message to apply. A new membership reads from the beginning again, and old snapshots must not replace new ones. */
  private readonly positions = new Map<number, number>();
  /** Partition → the end when the table started; what must be applied before it counts as loaded. */
  private ends: Map<number, number> | undefined;
  private membership: Membership | undefined;
  private life: Promise<void> | undefined;
  private fault: string | undefined = 'not started';
  private aliveAtMs = performance.now();
  private readonly waiting = new Set<{ readonly ends: ReadonlyMap<number, number>; readonly resolve: () => void }>();

  constructor(private readonly options: CompactedTableOptions) {
    this.timing = { ...READER_TIMING, ...options.timing };
  }

  /** Resolves when everything that was on the topic is in memory: now, or when Kafka and the topic are there. Never after a stop that came first. */
  async start(): Promise<void> {
    this.life ??= this.live();
    await this.loaded.promise;
  }

  /** Throws, with the reason, until the table is loaded, and while it stands still because Kafka is silent. */
  check(): void {
    if (this.fault !== undefined) throw new Error(this.fault);
    if (this.isStale) throw new Error(`no answer from Kafka for ${Math.round((performance.now() - this.aliveAtMs) / 1000)} s`);
  }

  /** Whether Kafka has been silent for longer than a session: what was announced meanwhile is not in memory. */
  get isStale(): boolean {
    return performance.now() - this.aliveAtMs > this.timing.sessionTimeoutMs;
  }

  /** Resolves when everything that is on the topic by now is in memory. Rejects when Kafka cannot say what that is. */
  async caughtUp(): Promise<void> {
    const ends = await this.readEnds();
    if (this.missingOf(ends) === 0) return;
    await new Promise<void>((resolve) => this.waiting.add({ ends, resolve }));
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    this.membership?.end();
    await settledWithin(this.life ?? Promise.resolve(), 2 * this.timing.leaveMs);
  }

  private async live(): Promise<void> {
    const backoff = new Backoff(this.stopped.signal);
    const { topic, logger } = this.options;
    do {
      try {
        this.ends ??= await this.readEnds();
        this.announceWhenLoaded();
        await this.follow(() => backoff.reset());
      } catch (error) {
        const reason = (error as Error).message;
        if (this.fault !== undefined) this.fault = `cannot read ${topic}: ${reason}`;
        logger.warn({ topic, reason }, 'table.waiting');
      }
    } while (await backoff.wait());
  }

  /** Ends when the table is stopped; rejects when Kafka is lost. */
  private async follow(onJoin: () => void): Promise<void> {
    const { kafka, topic } = this.options;
    // A new group each time: the lost one would have to wait until the broker has given up its old member.
    const groupId = `${topic}.reader.${randomUUID()}`;
    const membership = new Membership({
      kafka,
      groupId,
      timing: this.timing,
      onAlive: () => (this.aliveAtMs = performance.now()),
      onJoin: () => {
        onJoin();
        for (const [partition, offset] of this.positions) membership.seek({ topic, partition }, offset);
      },
    });
    this.membership = membership;
    try {
      if (this.stopped.signal.aborted) return;
      await membership.run([topic], (payload) => this.eachBatch(membership, payload));
    } finally {
      this.membership = undefined;
      await membership.leave();
    }
  }

  private async readEnds(): Promise<Map<number, number>> {
    const admin = this.options.kafka.admin();
    try {
      await admin.connect();
      const offsets = await admin.fetchTopicOffsets(this.options.topic);
      return new Map(offsets.filter(({ low, high }) => low !== high).map(({ partition, high }) => [partition, Number(high)]));
    } finally {
      await admin.disconnect();
    }
  }

  private eachBatch(membership: Membership, payload: EachBatchPayload): void {
    const { batch } = payload;
    if (membership !== this.membership) return;
    const from = this.positionIn(batch);
    for (const message of batch.messages as FetchedMessage[]) if (Number(message.offset) >= from) this.take(message);
    const last = batch.lastOffset();
    this.positions.set(batch.partition, Math.max(from, Number(last) + 1));
    payload.resolveOffset(last);
    this.announceWhenLoaded();
    this.announceCaughtUp();
  }

  /** A topic that ends before what was read of it was deleted and made anew: all of it is new. */
  private positionIn({ partition, highWatermark }: EachBatchPayload['batch']): number {
    const position = this.positions.get(partition) ?? 0;
    return Number(highWatermark) < position ? 0 : position;
  }

  private take({ key, value, unreadable }: FetchedMessage): void {
    const { topic, logger, apply } = this.options;
    if (unreadable !== undefined) logger.error({ topic, ...unreadable }, 'table.snapshots_unreadable');
    if (key === null) return;
    try {
      apply(key.toString(), value);
    } catch (error) {
      logger.error({ err: error, topic, id: key.toString() }, 'table.snapshot_unusable');
    }
  }

  private announceWhenLoaded(): void {
    if (this.fault === undefined || this.ends === undefined) return;
    const missing = this.missingOf(this.ends);
    this.fault = missing === 0 ? undefined : `loading ${this.options.topic}: ${missing} of ${this.ends.size} partitions to go`;
    if (missing === 0) this.loaded.resolve(undefined);
  }

  private announceCaughtUp(): void {
    for (const waiter of this.waiting) {
      if (this.missingOf(waiter.ends) > 0) continue;
      this.waiting.delete(waiter);
      waiter.resolve();
    }
  }

  /** How many partitions have not been read up to these ends. */
  private missingOf(ends: ReadonlyMap<number, number>): number {
    return [...ends].filter(([partition, end]) => (this.positions.get(partition) ?? 0) < end).length;
  }
}
