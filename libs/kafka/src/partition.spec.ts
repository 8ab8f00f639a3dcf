import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import kafkajs, { type PartitionMetadata } from 'kafkajs';
import { createPartitioner, murmur2 } from './partition.ts';

const six = Array.from({ length: 6 }, (_, partitionId) => ({ partitionId, leader: 1 }) as PartitionMetadata);

describe('createPartitioner', () => {
  const choose = createPartitioner();

  // From Kafka's UtilsTest.testMurmur2.
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])("hashes %s as Java's client does", (key, hash) => {
    expect(murmur2(Buffer.from(key))).toBe(hash);
  });

  it("chooses as kafkajs' own partitioner does", () => {
    const own = kafkajs.Partitioners.DefaultPartitioner();
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (key) => {
        expect(choose({ partitionMetadata: six, message: { key } })).toBe(
          own({ topic: 'orders', partitionMetadata: six, message: { key, value: null } }),
        );
      }),
    );
  });

  it('goes by the partition key where there is one', () => {
    const of = (message: object): number => choose({ partitionMetadata: six, message });
    expect(of({ key: 'ins_1', partitionKey: 'mer_1' })).toBe(of({ key: 'mer_1' }));
  });

  it('puts a message without a key anywhere', () => {
    const chosen = new Set(Array.from({ length: 200 }, () => choose({ partitionMetadata: six, message: { key: null } })));
    expect([...chosen].sort()).toEqual([0, 1, 2, 3, 4, 5]);
  });
});
