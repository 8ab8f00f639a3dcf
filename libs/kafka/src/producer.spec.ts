import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, uniqueName, useStores } from '@hookwright/testkit';
import type { Consumer, KafkaMessage } from 'kafkajs';
import { inChunks } from './chunks.ts';
import type { OutgoingMessage } from './outgoing-message.ts';
import { numbered, setting, type Setting } from './spec/setting.ts';

describe('KafkaProducer', () => {
  let at: Setting;
  const consumers: Consumer[] = [];

  beforeAll(async () => {
    at = setting((await useStores(['kafka'])).kafkaBrokers);
  });
  afterAll(async () => {
    await Promise.all(consumers.map((consumer) => consumer.disconnect()));
    await at.close();
  });

  async function messagesOf(topic: string): Promise<(KafkaMessage & { partition: number })[]> {
    const consumer = at.kafka.consumer({ groupId: uniqueName('group'), maxWaitTimeInMs: 200 });
    consumers.push(consumer);
    const messages: (KafkaMessage & { partition: number })[] = [];
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({ eachMessage: ({ message, partition }) => Promise.resolve(void messages.push({ ...message, partition })) });
    return messages;
  }

  it('sends keys, values, headers and tombstones as they are', async () => {
    const topic = await at.topic();
    await at.producer.send([
      {
        topic,
        messages: [
          { key: 'a', value: Buffer.from([0, 255]), headers: { text: 'é', bytes: Buffer.from([1, 0, 2]) } },
          { key: Buffer.from('b'), value: null },
          { key: null, value: Buffer.alloc(0) },
        ],
      },
    ]);
    const messages = await messagesOf(topic);
    await eventually(() => expect(messages).toHaveLength(3));
    expect(messages[0]?.value).toEqual(Buffer.from([0, 255]));
    expect(messages[0]?.headers).toEqual({ text: Buffer.from('é'), bytes: Buffer.from([1, 0, 2]) });
    expect([messages[1]?.key?.toString(), messages[1]?.value]).toEqual(['b', null]);
    expect([messages[2]?.key, messages[2]?.value?.length]).toEqual([null, 0]);
  });

  it('puts messages of one partition key together, whatever their keys, where Java’s clients put that key', async () => {
    const topic = await at.topic({ partitions: 6 });
    const byMerchant = Array.from({ length: 20 }, (_, at): OutgoingMessage => ({
      key: `ins_${at}`,
      partitionKey: 'mer_1',
      value: Buffer.from('x'),
    }));
    await at.producer.send([{ topic, messages: [...byMerchant, { key: 'mer_1', value: Buffer.from('x') }] }]);
    const messages = await messagesOf(topic);
    await eventually(() => expect(messages).toHaveLength(21));
    expect(new Set(messages.map(({ partition }) => partition)).size).toBe(1);
  });

  it('sends more than a broker takes as one batch, in order', async () => {
    const topic = await at.topic();
    const large = Array.from({ length: 12 }, (_, at): OutgoingMessage => ({
      key: String(at),
      value: Buffer.alloc(at === 5 ? 1_048_576 : 300_000, 'x'),
    }));
    await at.producer.send([{ topic, messages: large }]);
    const messages = await messagesOf(topic);
    await eventually(() => expect(messages).toHaveLength(12));
    expect(messages.map(({ key }) => String(key))).toEqual(large.map(({ key }) => key));
  });

  it('sends nothing of nothing', async () => {
    await at.producer.send([]);
    await at.producer.send([{ topic: uniqueName('none'), messages: [] }]);
  });

  it('rejects for a topic that does not exist or a message that is too large, and goes on', async () => {
    await expect(at.producer.send([{ topic: uniqueName('none'), messages: numbered(1) }])).rejects.toThrow('does not host this topic');
    expect(() => at.producer.check()).toThrow('does not host this topic');
    const topic = await at.topic();
    await expect(at.producer.send([{ topic, messages: [{ key: 'a', value: Buffer.alloc(1_200_000) }] }])).rejects.toThrow(
      /larger than the max/,
    );
    await at.producer.send([{ topic, messages: numbered(1) }]);
    expect(() => at.producer.check()).not.toThrow();
  });
});

describe('inChunks', () => {
  const message = (bytes: number): OutgoingMessage => ({ key: 'k', value: Buffer.alloc(bytes) });
  const sizes = (...topics: [string, number[]][]): unknown =>
    inChunks(topics.map(([topic, bytes]) => ({ topic, messages: bytes.map(message) }))).map((chunk) =>
      chunk.map(({ topic, messages }) => [topic, messages.map(({ value }) => value?.length)]),
    );

  it('keeps together what fits', () => {
    expect(sizes(['a', [1, 2]], ['b', [3]])).toEqual([
      [
        ['a', [1, 2]],
        ['b', [3]],
      ],
    ]);
  });

  it('begins a new one where it would get too large, and leaves a giant alone', () => {
    expect(sizes(['a', [500_000, 500_000, 1_000_000, 1]], ['b', [1]])).toEqual([
      [['a', [500_000]]],
      [['a', [500_000]]],
      [['a', [1_000_000]]],
      [
        ['a', [1]],
        ['b', [1]],
      ],
    ]);
  });

  it('counts headers', () => {
    const withHeader = { ...message(1), headers: { large: Buffer.alloc(600_000) } };
    expect(inChunks([{ topic: 'a', messages: [withHeader, withHeader] }])).toHaveLength(2);
  });
});
