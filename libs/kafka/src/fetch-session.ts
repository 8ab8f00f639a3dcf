import type { FetchWish } from 'kafkajs/src/broker/index.js';
import type { TopicPartitions } from './byte-writer.ts';

export type AskedTopic = FetchWish['topics'][number];

/** What a request says of its session. Everything when the session is new, else only what has changed. */
export interface SessionRequest {
  readonly id: number;
  readonly epoch: number;
  readonly topics: readonly AskedTopic[];
  readonly forgotten: readonly TopicPartitions<number>[];
  /** To be called with the answer. */
  readonly answered: (answer: SessionAnswer) => void;
}

/** What an answer says of its session. */
export interface SessionAnswer {
  readonly errorCode: number;
  readonly sessionId: number;
  /** Not all of it was read. */
  readonly isCut: boolean;
}

const NONE = 0;
const FIRST_EPOCH = 0;
const LAST_EPOCH = 2 ** 31 - 1;

/**
 * What a broker remembers of one consumer's fetches, so that a request names only the partitions that have changed since the last one, and
 * an answer only those that have something. Source: KIP-227. States: new -answered-> known -answered-> known; known -(no answer, refused)-> new.
 */
export class FetchSession {
  /** Kept when the session is given up: the broker then closes it as it opens the next. */
  private id = NONE;
  /** Of the next request; it is a new session's unless the last one was answered. */
  private epoch = FIRST_EPOCH;
  private readonly offsets = new Map<string, Map<number, string>>();
  private requests = 0;

  /** The request that fetches these partitions and no others. */
  next(wanted: readonly AskedTopic[]): SessionRequest {
    const { id, epoch } = this;
    const request = ++this.requests;
    this.epoch = FIRST_EPOCH;
    if (epoch === FIRST_EPOCH) this.offsets.clear();
    const topics = this.takeChanged(wanted);
    return {
      id,
      epoch,
      topics,
      forgotten: this.forget(wanted),
      answered: (answer) => {
        // Of an older request: the broker may know nothing of the newest.
        if (request === this.requests) this.answered(epoch, answer);
      },
    };
  }

  private answered(epoch: number, { errorCode, sessionId, isCut }: SessionAnswer): void {
    // A broker that has no room for a session says so with 0. Within a session it would put what filled the answer first again; a full
    // request has its own order.
    if (errorCode !== 0 || sessionId === NONE || isCut) return;
    this.id = sessionId;
    this.epoch = epoch === LAST_EPOCH ? FIRST_EPOCH + 1 : epoch + 1;
  }

  private takeChanged(wanted: readonly AskedTopic[]): AskedTopic[] {
    const changed: AskedTopic[] = [];
    for (const { topic, partitions } of wanted) {
      const offsets = this.offsetsOf(topic);
      const moved = partitions.filter(({ partition, fetchOffset }) => offsets.get(partition) !== fetchOffset);
      for (const { partition, fetchOffset } of moved) offsets.set(partition, fetchOffset);
      if (moved.length > 0) changed.push({ topic, partitions: moved });
    }
    return changed;
  }

  /** Leaves only what is wanted: mostly that is everything, told by their number. */
  private forget(wanted: readonly AskedTopic[]): SessionRequest['forgotten'] {
    const forgotten = [];
    for (const [topic, offsets] of this.offsets) {
      const asked = wanted.find((each) => each.topic === topic)?.partitions ?? [];
      if (asked.length === offsets.size) continue;
      const partitions = [...offsets.keys()].filter((known) => !asked.some(({ partition }) => partition === known));
      for (const partition of partitions) offsets.delete(partition);
      forgotten.push({ topic, partitions });
    }
    return forgotten;
  }

  private offsetsOf(topic: string): Map<number, string> {
    const offsets = this.offsets.get(topic) ?? new Map<number, string>();
    this.offsets.set(topic, offsets);
    return offsets;
  }
}
