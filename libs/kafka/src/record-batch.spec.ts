import { describe, expect, it } from '@jest/globals';
import { ByteReader } from './byte-reader.ts';
import { type FetchedRecord, readBatch } from './record-batch.ts';

interface Fields {
  readonly attributes?: number;
  readonly magic?: number;
  readonly lastDelta: number;
  readonly count: number;
  readonly records: Buffer;
}

function batch({ attributes = 0, magic = 2, lastDelta, count, records }: Fields): Buffer {
  const header = Buffer.alloc(61);
  header.writeBigInt64BE(100n, 0);
  header.writeInt32BE(49 + records.length, 8);
  header.writeInt8(magic, 16);
  header.writeInt16BE(attributes, 21);
  header.writeInt32BE(lastDelta, 23);
  header.writeBigInt64BE(1_795_564_800_000n, 27);
  header.writeBigInt64BE(1_795_564_800_000n, 35);
  header.writeInt32BE(count, 57);
  return Buffer.concat([header, records]);
}

/** Length 7, no attributes, no time passed, the offset's delta, no key, a value of one byte, no headers. */
function record(delta: number): Buffer {
  return Buffer.from([14, 0, 0, delta * 2, 1, 2, 0x78, 0]);
}

async function read(bytes: Buffer): Promise<FetchedRecord[]> {
  const into: FetchedRecord[] = [];
  const reader = new ByteReader(bytes);
  while ((await readBatch(reader, into)) !== undefined);
  return into;
}

describe('readBatch', () => {
  it('reads records that compaction left', async () => {
    const records = await read(batch({ lastDelta: 9, count: 2, records: Buffer.concat([record(3), record(9)]) }));
    expect(records.map(({ offset, value }) => [offset, value?.toString()])).toEqual([['103', 'x'], ['109', 'x']]); // prettier-ignore
  });

  it('lets kafkajs pass over the end that compaction took', async () => {
    const records = await read(batch({ lastDelta: 9, count: 1, records: record(3) }));
    expect(records.map(({ offset, isControlRecord }) => [offset, isControlRecord])).toEqual([['103', false], ['109', true]]); // prettier-ignore
    expect(await read(batch({ lastDelta: 5, count: 0, records: Buffer.alloc(0) }))).toMatchObject([
      { offset: '105', isControlRecord: true },
    ]);
  });

  it('reads a batch of very many records', async () => {
    const records = await read(
      batch({ lastDelta: 0, count: 200_000, records: Buffer.concat(Array.from({ length: 200_000 }, () => record(0))) }),
    );
    expect(records).toHaveLength(200_000);
  });

  it('leaves a batch that the broker cut to the next fetch', async () => {
    const whole = batch({ lastDelta: 0, count: 1, records: record(0) });
    for (let length = 0; length < whole.length; length++) {
      expect(await read(Buffer.concat([whole, whole.subarray(0, length)]))).toHaveLength(1);
    }
  });

  it.each([
    ['records that end too early', batch({ lastDelta: 7, count: 2, records: record(0) }), 'ends too early'],
    ['a value longer than all there is', batch({ lastDelta: 7, count: 1, records: Buffer.from([14, 0, 0, 0, 1, 126]) }), 'are more than'],
    [
      'garbage where gzip should be',
      batch({ attributes: 1, lastDelta: 7, count: 1, records: Buffer.from('garbage') }),
      'incorrect header check',
    ],
    [
      'a compression of the future',
      batch({ attributes: 5, lastDelta: 7, count: 1, records: Buffer.alloc(4) }),
      'no compression of number 5',
    ],
    ['a format of the future', batch({ magic: 3, lastDelta: 7, count: 1, records: Buffer.alloc(4) }), 'message format 3'],
  ])('names a batch with %s, and reads on behind it', async (_, broken, detail) => {
    const records = await read(Buffer.concat([broken, batch({ lastDelta: 0, count: 1, records: record(0) })]));
    expect(records).toHaveLength(2);
    expect(records[0]).toMatchObject({ offset: '107', key: null, value: null, isControlRecord: false });
    expect(records[0]?.unreadable).toMatchObject({ firstOffset: '100', lastOffset: '107', reason: 'unreadable' });
    expect(records[0]?.unreadable?.detail).toContain(detail);
  });
});
