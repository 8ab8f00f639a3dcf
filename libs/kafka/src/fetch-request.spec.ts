import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, uniqueName, useStores } from '@hookwright/testkit';
import { ByteReader } from './byte-reader.ts';
import { writeFetch } from './fetch-request.ts';
import { setting, type Setting } from './spec/setting.ts';

const PARTITIONS = 60;

describe('writeFetch', () => {
  it('writes every partition once, and those to forget', () => {
    const topics = [
      { topic: 'orders', partitions: [0, 1].map((partition) => ({ partition, fetchOffset: '5000000000', maxBytes: 1024 })) },
      { topic: 'zahlungen ä', partitions: [{ partition: 7, fetchOffset: '0', maxBytes: 2048 }] },
    ];
    const wish = { isolationLevel: 1, maxWaitTime: 100, minBytes: 1, maxBytes: 4096, rackId: 'rack', topics: [] };
    const forgotten = [{ topic: 'gone', partitions: [3, 4] }];
    const bytes = writeFetch(wish, { id: 9, epoch: 2, topics, forgotten, answered: () => undefined });
    const reader = new ByteReader(bytes);
    expect([reader.int32(), reader.int32(), reader.int32(), reader.int32(), reader.int8()]).toEqual([-1, 100, 1, 4096, 1]);
    expect([reader.int32(), reader.int32()]).toEqual([9, 2]);
    const named = Array.from({ length: reader.int32() }, () => {
      const topic = reader.text();
      return Array.from({ length: reader.int32() }, () =>
        [`${topic}/${reader.int32()}`, reader.int32(), reader.int64Text(), reader.int64Text(), reader.int32()].join(' '),
      );
    });
    expect(named.flat().sort()).toEqual(['orders/0 -1 5000000000 -1 1024', 'orders/1 -1 5000000000 -1 1024', 'zahlungen ä/7 -1 0 -1 2048']);
    expect([reader.int32(), reader.text(), reader.int32(), reader.int32(), reader.int32(), reader.text()]).toEqual([
      1,
      'gone',
      2,
      3,
      4,
      'rack',
    ]);
    expect(reader.left).toBe(0);
  });
});

describe('a consumer of many partitions', () => {
  let at: Setting;
  beforeAll(async () => {
    at = setting((await useStores(['kafka'])).kafkaBrokers);
  });
  afterAll(() => at.close());

  it('gets what is in all of them, and answers that name only those with something new', async () => {
    const topic = await at.topic({ partitions: PARTITIONS });
    const consumer = at.kafka.consumer({ groupId: uniqueName('group'), maxWaitTimeInMs: 100 });
    const sizes: number[] = [];
    const seen = new Set<number>();
    consumer.on(consumer.events.REQUEST, ({ payload }) => {
      if (payload.apiName === 'Fetch') sizes.push(payload.size);
    });
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      eachMessage: ({ partition }) => {
        seen.add(partition);
        return Promise.resolve();
      },
    });
    const producer = at.kafka.producer({ allowAutoTopicCreation: false });
    await producer.connect();
    await producer.send({ topic, messages: Array.from({ length: PARTITIONS }, (_, partition) => ({ partition, value: 'x' })) });
    await eventually(() => expect(seen.size).toBe(PARTITIONS));
    sizes.length = 0;
    await eventually(() => expect(sizes.length).toBeGreaterThan(3));
    // One partition takes 40 bytes of an answer.
    expect(Math.max(...sizes.slice(1))).toBeLessThan(40 * 2);
    await Promise.all([producer.disconnect(), consumer.disconnect()]);
  });
});
