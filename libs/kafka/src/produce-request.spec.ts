import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ProducedMessage } from 'kafkajs/src/protocol/requests/produce/index.js';
import { ByteReader } from './byte-reader.ts';
import { crc32c } from './crc32c.ts';
import { writeProduceRequest } from './produce-request.ts';
import { type FetchedRecord, readBatch } from './record-batch.ts';

const checksum = (bytes: Uint8Array): number => crc32c(bytes, 0, bytes.length);

describe('crc32c', () => {
  // RFC 3720, B.4.
  it.each([
    ['zeros', new Uint8Array(32), 0x8a9136aa],
    ['ones', new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ['rising', Uint8Array.from({ length: 32 }, (_, n) => n), 0x46dd794e],
    ['falling', Uint8Array.from({ length: 32 }, (_, n) => 31 - n), 0x113fdb5c],
    ['nine digits', Buffer.from('123456789'), 0xe3069283],
  ])('of %s', (_, bytes, expected) => {
    expect(checksum(bytes)).toBe(expected);
  });
});

describe('writeProduceRequest', () => {
  /** The records of the only partition, as they would be fetched. */
  async function readBack(messages: ProducedMessage[]): Promise<FetchedRecord[]> {
    const topicData = [{ topic: 'orders', partitions: [{ partition: 3, messages }] }];
    const bytes = writeProduceRequest({ acks: -1, timeout: 5000, compression: 0, producerId: -1n, topicData }, 1_795_564_800_123);
    const reader = new ByteReader(bytes);
    expect([reader.int16(), reader.int16(), reader.int32(), reader.int32()]).toEqual([-1, -1, 5000, 1]);
    expect([reader.text(), reader.int32(), reader.int32()]).toEqual(['orders', 1, 3]);
    expect(reader.int32()).toBe(reader.left);
    const batch = bytes.subarray(reader.at);
    expect(batch.readUInt32BE(17)).toBe(checksum(batch.subarray(21)));
    const records: FetchedRecord[] = [];
    await readBatch(reader, records);
    expect(reader.left).toBe(0);
    return records;
  }

  it('writes what is read', async () => {
    const records = await readBack([
      { key: 'mer_é', value: Buffer.from('{}'), headers: { one: '1', two: ['a', Buffer.from('b')], none: undefined } },
      { key: null, value: null },
      { value: 'x', timestamp: '1795564700000' },
    ]);
    expect(records.map(({ offset, key, value, timestamp }) => [offset, key?.toString(), value?.toString(), timestamp])).toEqual([
      ['0', 'mer_é', '{}', '1795564800123'],
      ['1', undefined, undefined, '1795564800123'],
      ['2', undefined, 'x', '1795564700000'],
    ]);
    const headers = Object.entries(records[0]?.headers ?? {});
    expect(headers).toEqual([['one', Buffer.from('1')], ['two', [Buffer.from('a'), Buffer.from('b')]], ['none', null]]); // prettier-ignore
  });

  it('whatever the sizes', async () => {
    const bytes = fc.integer({ min: 0, max: 40_000 }).map((length) => Buffer.alloc(length, 'x'));
    const message = fc.record({ key: fc.string(), value: bytes, timestamp: fc.integer({ min: 0, max: 4e12 }).map(String) });
    await fc.assert(
      fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 70 }), async (messages) => {
        const records = await readBack(messages);
        expect(records.map(({ key, value, timestamp }) => ({ key: key?.toString(), value, timestamp }))).toEqual(messages);
      }),
      { numRuns: 30 },
    );
  });
});
