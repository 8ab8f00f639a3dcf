import { describe, expect, it } from '@jest/globals';
import { deadLetter } from './dead-letter.ts';
import type { FetchedMessage } from './record-batch.ts';

const DEATH = {
  topic: 'merchant.orders',
  partition: 3,
  reason: 'invalid_json',
  detail: 'it is not',
  atMs: Date.UTC(2026, 10, 25),
} as const;

function message(fields: Partial<FetchedMessage>): FetchedMessage {
  return {
    key: Buffer.from('mer_1'),
    value: Buffer.from('{'),
    timestamp: '1795564800123',
    attributes: 0,
    offset: '17',
    headers: {},
    ...fields,
  } as FetchedMessage;
}

describe('deadLetter', () => {
  it('keeps key, headers and value and says what happened where', () => {
    const dead = deadLetter(message({ headers: { ce_id: Buffer.from('1') } }), DEATH);
    expect(dead.key).toEqual(Buffer.from('mer_1'));
    expect(dead.value).toEqual(Buffer.from('{'));
    expect(dead.headers).toEqual({
      ce_id: [Buffer.from('1')],
      dead_reason: 'invalid_json',
      dead_detail: 'it is not',
      dead_topic: 'merchant.orders',
      dead_partition: '3',
      dead_offset: '17',
      dead_timestamp: '1795564800123',
      dead_at: '2026-11-25T00:00:00.000Z',
    });
  });

  it('keeps a missing key and a missing value missing', () => {
    const dead = deadLetter(message({ key: null, value: null }), DEATH);
    expect([dead.key, dead.value, dead.headers?.['dead_truncated']]).toEqual([null, null, undefined]);
  });

  it('cuts the value at 64 KiB and says so', () => {
    const dead = deadLetter(message({ value: Buffer.alloc(65_537) }), DEATH);
    expect(dead.value?.length).toBe(65_536);
    expect(dead.headers?.['dead_truncated']).toBe('true');
    expect(deadLetter(message({ value: Buffer.alloc(65_536) }), DEATH).headers?.['dead_truncated']).toBeUndefined();
  });

  it('leaves out headers beyond 64 KiB and cuts the key: what cannot be dead-lettered would block its partition', () => {
    const headers = { small: Buffer.from('s'), huge: Buffer.alloc(70_000) };
    const dead = deadLetter(message({ key: Buffer.alloc(70_000), headers }), DEATH);
    expect(dead.key?.length).toBe(65_536);
    expect(dead.headers).toMatchObject({ small: [Buffer.from('s')], dead_truncated: 'true' });
    expect(Object.keys(dead.headers ?? {})).not.toContain('huge');
  });

  it('keeps repeated headers, and makes an empty one of a header without a value', () => {
    const headers = { twice: [Buffer.from('1'), Buffer.from('2')], none: null as unknown as Buffer };
    expect(deadLetter(message({ headers }), DEATH).headers).toMatchObject({
      twice: [Buffer.from('1'), Buffer.from('2')],
      none: [''],
    });
  });

  it('survives headers called like members of Object.prototype', () => {
    const headers = Object.fromEntries([
      ['__proto__', Buffer.from('p')],
      // What kafkajs' own reader makes of a header called constructor.
      ['constructor', [Object as unknown as Buffer, Buffer.from('c')]],
    ]) as NonNullable<FetchedMessage['headers']>;
    const entries = Object.entries(deadLetter(message({ headers }), DEATH).headers ?? {});
    expect(entries).toContainEqual(['__proto__', [Buffer.from('p')]]);
    expect(entries).toContainEqual(['constructor', [Buffer.from('c')]]);
  });

  it('names a batch that cannot be read by its offsets', () => {
    const unreadable = { firstOffset: '10', lastOffset: '17', records: 8, bytes: 999, reason: 'too_large', detail: 'huge' } as const;
    const dead = deadLetter(message({ key: null, value: null, unreadable }), { ...DEATH, reason: unreadable.reason });
    expect([dead.key, dead.value]).toEqual([null, null]);
    expect(dead.headers).toMatchObject({
      dead_reason: 'too_large',
      dead_offset: '10',
      dead_last_offset: '17',
      dead_records: '8',
      dead_bytes: '999',
      dead_truncated: 'true',
    });
  });

  it('replaces what an earlier death wrote when a dead letter dies again', () => {
    const dead = deadLetter(message({ headers: { dead_reason: Buffer.from('empty') } }), DEATH);
    expect(dead.headers?.['dead_reason']).toBe('invalid_json');
  });
});
