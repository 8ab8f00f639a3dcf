import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, uniqueName, useStores } from '@hookwright/testkit';
import kafkajs, { type CompressionTypes as Compression, type Message } from 'kafkajs';
import { BatchConsumer } from './batch-consumer.ts';
import type { FetchedMessage } from './record-batch.ts';
import { committedOffset, logger, setting, type Setting } from './spec/setting.ts';

const { CompressionTypes } = kafkajs;
const TYPES = { gzip: CompressionTypes.GZIP, snappy: CompressionTypes.Snappy, lz4: CompressionTypes.LZ4, zstd: CompressionTypes.ZSTD };
const CODECS = Object.keys(TYPES) as (keyof typeof TYPES)[];

describe('what kafkajs fetches', () => {
  let at: Setting;
  const running: BatchConsumer[] = [];
  beforeAll(async () => {
    at = setting((await useStores(['kafka'])).kafkaBrokers);
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((consumer) => consumer.drain()));
  });
  afterAll(() => at.close());

  function read(topic: string, groupId = uniqueName('group')): FetchedMessage[] {
    const messages: FetchedMessage[] = [];
    const consumer = new BatchConsumer({
      kafka: at.kafka,
      groupId,
      logger,
      topics: () => [topic],
      onBatch: (batch) => {
        messages.push(...batch.messages);
        for (const { offset } of batch.messages) batch.done(offset);
        return Promise.resolve();
      },
    });
    running.push(consumer);
    consumer.start();
    return messages;
  }

  async function send(topic: string, compression: Compression, messages: Message[]): Promise<void> {
    const producer = at.kafka.producer({ allowAutoTopicCreation: false });
    await producer.connect();
    await producer.send({ topic, compression, messages });
    await producer.disconnect();
  }

  it('comes with its key, value, headers and time', async () => {
    const topic = await at.topic();
    const headers = { ce_id: 'é', twice: ['1', '2'], constructor: 'c', empty: '' };
    await send(topic, CompressionTypes.None, [
      { key: 'k', value: 'v', headers, timestamp: '1795564800123' },
      { key: null, value: null, timestamp: '1795564700123' },
      { key: 'x'.repeat(5000), value: 'y'.repeat(500_000), timestamp: '1795564900123' },
    ]);
    const messages = read(topic);
    await eventually(() => expect(messages).toHaveLength(3));
    const texts = messages.map(({ key, value, timestamp, offset }) => [key?.toString(), value?.length, timestamp, offset]);
    expect(texts).toEqual([
      ['k', 1, '1795564800123', '0'],
      [undefined, undefined, '1795564700123', '1'],
      ['x'.repeat(5000), 500_000, '1795564900123', '2'],
    ]);
    const [first] = messages.map((message) => Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]));
    expect(first).toEqual([['ce_id', 'é'], ['twice', '1,2'], ['constructor', 'c'], ['empty', '']]); // prettier-ignore
  });

  it.each(CODECS)('a batch that unpacks to too much (%s) is passed over by name, and nothing else', async (codec) => {
    const [topic, groupId] = [await at.topic(), uniqueName('group')];
    await send(topic, TYPES[codec], [{ value: 'before' }]);
    await send(
      topic,
      TYPES[codec],
      Array.from({ length: 18 }, () => ({ value: Buffer.alloc(1_000_000) })),
    );
    await send(topic, TYPES[codec], [{ value: 'after' }]);
    const messages = read(topic, groupId);
    await eventually(() => expect(messages).toHaveLength(3));
    expect(messages.map(({ value }) => value?.toString())).toEqual(['before', undefined, 'after']);
    expect(messages[1]?.unreadable).toMatchObject({ firstOffset: '1', lastOffset: '18', records: 18, reason: 'too_large' });
    await eventually(async () => expect(await committedOffset(at.kafka, { groupId, topic })).toBe(20));
  });

  it('leaves out what a transaction took back', async () => {
    const topic = await at.topic();
    const producer = at.kafka.producer({ transactionalId: uniqueName('tx'), maxInFlightRequests: 1, idempotent: true });
    await producer.connect();
    for (const end of ['abort', 'commit'] as const) {
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages: [{ value: end }] });
      await transaction[end]();
    }
    await producer.disconnect();
    await send(topic, CompressionTypes.None, [{ value: 'plain' }]);
    const messages = read(topic);
    await eventually(() => expect(messages.map(({ value }) => value?.toString())).toEqual(['commit', 'plain']));
  });
});
