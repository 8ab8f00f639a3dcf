import type { TopicPartitionOffsetAndMetadata } from 'kafkajs';
import { Backoff } from './backoff.ts';
import type { HeldPartition } from './held-partition.ts';
import type { CommittedTopic } from './membership.ts';
import { consumerLag } from './metrics.ts';
import { settledWithin } from './settled-within.ts';
import type { Assignment } from './share-out.ts';

/** Where a partition stands after a rebalance. */
export interface Changes {
  /** Held before and now. */
  readonly kept: readonly HeldPartition[];
  readonly added: readonly HeldPartition[];
  /** Held until now: no longer assigned to this member. */
  readonly gone: readonly HeldPartition[];
  /** Assigned back to this member, which still finishes what it took of it before: nothing of it may be fetched until it is dropped. */
  readonly unfinished: readonly HeldPartition[];
}

export interface HeldPartitionsOptions {
  readonly groupId: string;
  readonly make: (topic: string, partition: number) => HeldPartition;
  /** Sends one commit. That it was stored is told through `stored`: kafkajs also resolves without having sent anything. */
  readonly commit: (offsets: TopicPartitionOffsetAndMetadata[]) => Promise<void>;
}

/** The partitions a consumer has work of: those assigned to it, and those it still finishes after they moved. */
export class HeldPartitions {
  private readonly partitions = new Map<string, HeldPartition>();
  private committing: Promise<void> | undefined;

  constructor(private readonly options: HeldPartitionsOptions) {}

  get all(): HeldPartition[] {
    return [...this.partitions.values()];
  }

  of(topic: string, partition: number): HeldPartition | undefined {
    return this.partitions.get(nameOf(topic, partition));
  }

  /** All of them by topic. */
  claims(): Assignment {
    const claims: Record<string, number[]> = {};
    for (const { topic, partition } of this.partitions.values()) (claims[topic] ??= []).push(partition);
    return claims;
  }

  /** Makes what is held the same as the assignment, but for what is gone: that stays until it is dropped. */
  assign(assignment: Assignment): Changes {
    const changes: Record<keyof Changes, HeldPartition[]> = { kept: [], added: [], gone: [], unfinished: [] };
    for (const held of this.all) if (held.isHeld && assignment[held.topic]?.includes(held.partition) !== true) changes.gone.push(held);
    for (const [topic, numbers] of Object.entries(assignment)) {
      for (const partition of numbers) {
        const held = this.of(topic, partition);
        if (held === undefined) changes.added.push(this.renew(topic, partition));
        // Begun anew at what is committed, it would begin again what is in work.
        else (held.isHeld ? changes.kept : changes.unfinished).push(held);
      }
    }
    return changes;
  }

  /** Forgets what was taken of a partition and not committed: it is new, or was deleted and made anew. */
  renew(topic: string, partition: number): HeldPartition {
    this.of(topic, partition)?.close();
    const held = this.options.make(topic, partition);
    this.partitions.set(nameOf(topic, partition), held);
    return held;
  }

  /** What is still in work there is finished by its handler and not committed by us. */
  drop(held: HeldPartition): void {
    held.close();
    if (this.of(held.topic, held.partition) !== held) return;
    this.partitions.delete(nameOf(held.topic, held.partition));
    consumerLag.remove({ group: this.options.groupId, topic: held.topic, partition: held.partition });
  }

  /** Commits what is finished; one commit at a time, or an older one that is tried again could undo a newer. Never rejects. */
  async commit(): Promise<void> {
    this.committing ??= this.sendMoved().finally(() => (this.committing = undefined));
    await this.committing;
  }

  /**
   * Commits all that these partitions have finished, again and again until it is stored: between two generations of the group the broker
   * refuses, and who gets a partition next would begin anew what was not stored. Resolves after `withinMs` at the latest.
   */
  async commitAll(finished: readonly HeldPartition[], withinMs: number): Promise<void> {
    await settledWithin(this.commitUntilStored(finished, AbortSignal.timeout(withinMs)), withinMs);
  }

  /** Kafka has stored these offsets. */
  stored(topics: readonly CommittedTopic[]): void {
    for (const { topic, partitions } of topics) {
      for (const { partition, offset } of partitions) {
        const held = this.of(topic, partition);
        if (held !== undefined) held.committed = Number(offset);
      }
    }
  }

  /** Says how far behind the partition is; `firstUnfinished` is what counts before anything was finished. */
  measureLag({ topic, partition, tracker, end }: HeldPartition, firstUnfinished: number): void {
    const behind = Math.max(0, end - (tracker.committable ?? firstUnfinished));
    consumerLag.set({ group: this.options.groupId, topic, partition }, behind);
  }

  private async commitUntilStored(finished: readonly HeldPartition[], signal: AbortSignal): Promise<void> {
    const backoff = new Backoff(signal);
    do await this.commit();
    while (finished.some((held) => this.of(held.topic, held.partition) === held && isAhead(held)) && (await backoff.wait()));
  }

  private async sendMoved(): Promise<void> {
    const moved = this.all.filter(isAhead);
    const offsets = moved.map(({ topic, partition, tracker }) => ({ topic, partition, offset: String(tracker.committable) }));
    if (offsets.length === 0) return;
    // A failure: the membership is lost, or the broker is away. The next tick, or the next owner of the partition, repeats it.
    await this.options.commit(offsets).catch(() => undefined);
    for (const held of moved) if (this.of(held.topic, held.partition) === held) this.measureLag(held, held.end);
  }
}

/** More is finished than Kafka has stored. */
function isAhead({ tracker, committed }: HeldPartition): boolean {
  return (tracker.committable ?? -1) > committed;
}

function nameOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}
