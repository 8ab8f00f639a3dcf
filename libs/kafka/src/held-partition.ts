import { Backoff } from './backoff.ts';
import { OffsetTracker } from './offset-tracker.ts';
import type { FetchedMessage } from './record-batch.ts';

/** Some messages of one partition, in order. */
export interface ConsumedBatch {
  readonly topic: string;
  readonly partition: number;
  /** One with `unreadable` stands for a batch that nobody can read: it is there to be dead-lettered. */
  readonly messages: readonly FetchedMessage[];
  /** Says that a message is finished: its offset is committed once all before it are finished too. */
  done(offset: string): void;
  /**
   * Says that this member will never finish a message it took: it is not committed and comes again, to whoever has the partition then.
   * For work that has not begun when a consumer is drained or its partition moves.
   */
  leave(offset: string): void;
  /** Whether the partition is still this member's. When it is not, nothing of it should be begun any more: somebody else will do it. */
  readonly isOurs: () => boolean;
}

export interface HeldPartitionOptions {
  readonly topic: string;
  readonly partition: number;
  /** Messages handed over at once. */
  readonly maxBatch: number;
  readonly onBatch: (batch: ConsumedBatch) => Promise<void>;
  readonly room: ((signal: AbortSignal) => Promise<void>) | undefined;
  /** Nothing is handed over any more; what was, is still finished and committed. */
  readonly draining: AbortSignal;
  /** The first rejection of a batch that is then tried again and again. */
  readonly onRejected: (error: unknown) => void;
  /** Messages were handed over: there may be room for more. */
  readonly onHandedOver: () => void;
}

// A message's share of kafkajs' objects around its bytes.
const MESSAGE_BYTES = 500;

/**
 * A partition this member has, with the messages that were fetched and wait to be handed over, one portion after the other.
 * States: held -close-> closed (nothing more is handed over; what was, is still finished and committed).
 * Partitions do not wait for each other: fetching goes on while one of them takes its time.
 */
export class HeldPartition {
  readonly topic: string;
  readonly partition: number;
  readonly tracker = new OffsetTracker();
  /** The offset Kafka has stored; -1: none that we know. */
  committed = -1;
  /** The partition's end when it was last fetched. */
  end = 0;
  /** Too much of it waits: nothing more is fetched for now. */
  isFull = false;
  /** Why the newest portion is not taken. */
  rejection: string | undefined;
  private waiting: FetchedMessage[] = [];
  private waitingBytes = 0;
  private isHandingOver = false;
  private handingOver: Promise<void> = Promise.resolve();
  private readonly waitingForEnd: (() => void)[] = [];
  private readonly closed = new AbortController();
  private readonly stopped: AbortSignal;

  constructor(private readonly options: HeldPartitionOptions) {
    this.topic = options.topic;
    this.partition = options.partition;
    this.stopped = AbortSignal.any([this.closed.signal, options.draining]);
  }

  get isHeld(): boolean {
    return !this.closed.signal.aborted;
  }

  /** Bytes that were fetched and wait. */
  get bytes(): number {
    return this.waitingBytes;
  }

  /** The offset to fetch next; undefined: what Kafka has stored. */
  get next(): number | undefined {
    const newest = this.waiting.at(-1);
    const next = newest === undefined ? this.tracker.next : Number(newest.offset) + 1;
    return next === 0 ? undefined : next;
  }

  /** Takes in what was fetched, to hand it over when its turn comes. */
  fetched(messages: readonly FetchedMessage[], end: number): void {
    this.end = end;
    if (this.stopped.aborted) return;
    for (const message of messages) {
      this.waiting.push(message);
      this.waitingBytes += bytesOf(message);
    }
    if (!this.isHandingOver) this.handingOver = this.handOver();
  }

  /** Resolves when nothing waits, or nothing is handed over any more. */
  async handedOver(): Promise<void> {
    await this.handingOver;
  }

  /** Hands nothing over any more. */
  close(): void {
    this.closed.abort();
    this.waiting = [];
    this.waitingBytes = 0;
  }

  /** Resolves when nothing that was handed over is unfinished. */
  async allFinished(): Promise<void> {
    if (this.tracker.unfinished > 0) await new Promise<void>((resolve) => this.waitingForEnd.push(resolve));
  }

  private async handOver(): Promise<void> {
    this.isHandingOver = true;
    while (this.waiting.length > 0 && !this.stopped.aborted) {
      const portion = this.waiting.slice(0, this.options.maxBatch);
      if (!(await this.untilTaken(portion))) break;
      this.waiting = this.waiting.slice(portion.length);
      this.waitingBytes -= portion.reduce((sum, message) => sum + bytesOf(message), 0);
      this.options.onHandedOver();
    }
    this.isHandingOver = false;
  }

  /** Offers the messages until they are taken; false when it is stopped before. */
  private async untilTaken(portion: readonly FetchedMessage[]): Promise<boolean> {
    const backoff = new Backoff(this.stopped);
    do {
      try {
        await this.options.room?.(this.stopped);
        if (this.stopped.aborted) return false;
        await this.offer(portion);
        this.rejection = undefined;
        return !this.stopped.aborted;
      } catch (error) {
        if (this.stopped.aborted) return false;
        if (this.rejection === undefined) this.options.onRejected(error);
        this.rejection = error instanceof Error ? error.message : JSON.stringify(error);
      }
    } while (await backoff.wait());
    return false;
  }

  private async offer(portion: readonly FetchedMessage[]): Promise<void> {
    const { tracker } = this;
    const { topic, partition, onBatch } = this.options;
    // After a rebalance the broker may send again what was not committed.
    const messages = portion.filter(({ offset }) => tracker.take(Number(offset)));
    const [first] = messages;
    if (first === undefined) return;
    try {
      await onBatch({
        topic,
        partition,
        messages,
        done: (offset) => this.ended(() => tracker.done(Number(offset))),
        leave: (offset) => this.ended(() => tracker.leave(Number(offset))),
        isOurs: () => this.isHeld,
      });
    } catch (error) {
      this.ended(() => tracker.untake(Number(first.offset)));
      throw error;
    }
  }

  private ended(end: () => void): void {
    end();
    if (this.tracker.unfinished === 0) for (const resolve of this.waitingForEnd.splice(0)) resolve();
  }
}

function bytesOf({ key, value }: FetchedMessage): number {
  return MESSAGE_BYTES + (key?.length ?? 0) + (value?.length ?? 0);
}
