import type { TopicPartitionOffsetAndMetadata } from 'kafkajs';
import type { Assignment, CommittedTopic } from './membership.ts';
import { consumerLag } from './metrics.ts';
import { OffsetTracker } from './offset-tracker.ts';

interface Progress {
  readonly topic: string;
  readonly partition: number;
  readonly tracker: OffsetTracker;
  committed: number;
  /** The partition's end when it was last looked at. */
  end: number;
}

/** What a consumer may commit, for each partition it has, and how far behind it is. */
export class Commits {
  private readonly progress = new Map<string, Progress>();
  private readonly waiting: (() => void)[] = [];
  private running: Promise<void> | undefined;

  constructor(
    private readonly groupId: string,
    /** Sends one commit. That it was stored is told through `stored`: kafkajs also resolves without having sent anything. */
    private readonly send: (offsets: TopicPartitionOffsetAndMetadata[]) => Promise<void>,
  ) {}

  tracker(topic: string, partition: number): OffsetTracker {
    return this.progressOf(topic, partition).tracker;
  }

  /** A message of that tracker is finished. The tracker may be of a partition that others have by now. */
  done(tracker: OffsetTracker, offset: string): void {
    tracker.done(Number(offset));
    this.wakeWhenFinished();
  }

  /** A message of that tracker will not be finished here: it stays uncommitted, and nobody waits for it any more. */
  leave(tracker: OffsetTracker, offset: string): void {
    tracker.leave(Number(offset));
    this.wakeWhenFinished();
  }

  /** Whether the tracker is still the partition's: it is not when others had the partition meanwhile. */
  isCurrent(tracker: OffsetTracker, topic: string, partition: number): boolean {
    return this.progress.get(nameOf(topic, partition))?.tracker === tracker;
  }

  /** Messages from this offset on were not taken after all. */
  untake(tracker: OffsetTracker, from: string): void {
    tracker.untake(Number(from));
    this.wakeWhenFinished();
  }

  /** Looks at a batch before it is taken: how far it is from the partition's end, and whether the partition is still the same. */
  seen(batch: { readonly topic: string; readonly partition: number; readonly highWatermark: string; readonly firstOffset: string }): void {
    const { topic, partition } = batch;
    const end = Number(batch.highWatermark);
    // The topic was deleted and made anew: its offsets began again, and nothing of the new ones was taken.
    if (end < this.tracker(topic, partition).next) this.progress.delete(nameOf(topic, partition));
    const progress = this.progressOf(topic, partition);
    progress.end = end;
    this.measureLag(progress, Number(batch.firstOffset));
  }

  /**
   * After a rebalance: forgets the partitions that others have now; what is still in work there is finished and not committed by us.
   * Partitions that stayed keep their trackers, so what the broker sends again of them is recognised.
   */
  assigned(assignment: Assignment): void {
    for (const [name, { topic, partition }] of this.progress) {
      if (assignment[topic]?.includes(partition) === true) continue;
      this.progress.delete(name);
      consumerLag.remove({ group: this.groupId, topic, partition });
    }
    this.wakeWhenFinished();
  }

  /** Commits what is finished; one commit at a time, or an older one that is tried again could undo a newer. Never rejects. */
  async commit(): Promise<void> {
    this.running ??= this.sendMoved().finally(() => (this.running = undefined));
    await this.running;
  }

  /** Kafka has stored these offsets. */
  stored(topics: readonly CommittedTopic[]): void {
    for (const { topic, partitions } of topics) {
      for (const { partition, offset } of partitions) {
        const progress = this.progress.get(nameOf(topic, partition));
        if (progress !== undefined) progress.committed = Number(offset);
      }
    }
  }

  /** Resolves when nothing that was taken is unfinished. */
  async allFinished(): Promise<void> {
    if (!this.isAllFinished()) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  private wakeWhenFinished(): void {
    if (this.waiting.length > 0 && this.isAllFinished()) for (const resolve of this.waiting.splice(0)) resolve();
  }

  private isAllFinished(): boolean {
    return [...this.progress.values()].every(({ tracker }) => tracker.unfinished === 0);
  }

  private async sendMoved(): Promise<void> {
    const moved = [...this.progress.values()].filter(({ tracker, committed }) => (tracker.committable ?? -1) > committed);
    const offsets = moved.map(({ topic, partition, tracker }) => ({ topic, partition, offset: String(tracker.committable) }));
    if (offsets.length === 0) return;
    // A failure: the membership is lost, or the broker is away. The next tick, or the next owner of the partition, repeats it.
    await this.send(offsets).catch(() => undefined);
    for (const progress of moved) this.measureLag(progress, progress.end);
  }

  private measureLag({ topic, partition, tracker, end }: Progress, firstUnfinished: number): void {
    const behind = Math.max(0, end - (tracker.committable ?? firstUnfinished));
    consumerLag.set({ group: this.groupId, topic, partition }, behind);
  }

  private progressOf(topic: string, partition: number): Progress {
    const name = nameOf(topic, partition);
    const known = this.progress.get(name);
    if (known !== undefined) return known;
    const progress = { topic, partition, tracker: new OffsetTracker(), committed: -1, end: 0 };
    this.progress.set(name, progress);
    return progress;
  }
}

function nameOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}
