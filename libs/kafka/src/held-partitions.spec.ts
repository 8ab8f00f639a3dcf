import { describe, expect, it } from '@jest/globals';
import { type ConsumedBatch, HeldPartition } from './held-partition.ts';
import { HeldPartitions } from './held-partitions.ts';

interface Setting {
  readonly partitions: HeldPartitions;
  readonly batches: ConsumedBatch[];
  /** Commits that were sent. */
  readonly sent: string[];
}

/** Partitions of a group that refuses the first commits, as it does between two of its generations. */
function refusing(refusals: number): Setting {
  const batches: ConsumedBatch[] = [];
  const sent: string[] = [];
  const partitions: HeldPartitions = new HeldPartitions({
    groupId: 'group',
    make: (topic, partition) =>
      new HeldPartition({
        topic,
        partition,
        maxBatch: 10,
        onBatch: (batch) => Promise.resolve(void batches.push(batch)),
        room: undefined,
        draining: new AbortController().signal,
        onRejected: () => undefined,
        onHandedOver: () => undefined,
      }),
    commit: (offsets) => {
      sent.push(...offsets.map(({ offset }) => offset));
      if (sent.length <= refusals) return Promise.reject(new Error('REBALANCE_IN_PROGRESS'));
      partitions.stored(offsets.map(({ topic, ...place }) => ({ topic, partitions: [place] })));
      return Promise.resolve();
    },
  });
  return { partitions, batches, sent };
}

async function withOneFinished({ partitions, batches }: Setting): Promise<HeldPartition> {
  const [held] = partitions.assign({ topic: [0] }).added;
  if (held === undefined) throw new Error('nothing was added');
  held.fetched([{ offset: '7', timestamp: '0', key: null, value: null, headers: {}, attributes: 0 }], 8);
  await held.handedOver();
  batches[0]?.done('7');
  return held;
}

describe('commitAll', () => {
  it('tries again what the group refuses, until it is stored', async () => {
    const at = refusing(2);
    const held = await withOneFinished(at);
    await at.partitions.commitAll([held], 10_000);
    expect(held.committed).toBe(8);
    expect(at.sent).toEqual(['8', '8', '8']);
  });

  it('gives up in time', async () => {
    const at = refusing(Infinity);
    const held = await withOneFinished(at);
    await at.partitions.commitAll([held], 50);
    expect(held.committed).toBe(-1);
  });

  it('does not wait for a partition that was dropped', async () => {
    const at = refusing(Infinity);
    const held = await withOneFinished(at);
    at.partitions.drop(held);
    await at.partitions.commitAll([held], 60_000);
    expect(at.sent).toEqual([]);
  });
});

describe('assign', () => {
  it('leaves alone what comes back while it is being finished, and renews it once it was dropped', () => {
    const { partitions } = refusing(0);
    const [held] = partitions.assign({ topic: [0] }).added;
    expect(partitions.assign({}).gone.length).toBe(1);
    held?.close();
    const { added, unfinished } = partitions.assign({ topic: [0] });
    expect({ added: added.length, unfinished: unfinished.length }).toEqual({ added: 0, unfinished: 1 });
    if (held !== undefined) partitions.drop(held);
    expect(partitions.assign({ topic: [0] }).added.length).toBe(1);
  });
});
