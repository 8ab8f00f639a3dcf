import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, uniqueName, useStores } from '@hookwright/testkit';
import { BatchConsumer, type BatchConsumerOptions } from './batch-consumer.ts';
import type { ConsumedBatch } from './held-partition.ts';
import { committedOffset, joinsLogger, type LoggedJoin, logger, memberCount, numbered, setting, type Setting } from './spec/setting.ts';

describe('BatchConsumer', () => {
  let at: Setting;
  const running: BatchConsumer[] = [];

  beforeAll(async () => {
    at = setting((await useStores(['kafka'])).kafkaBrokers);
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((consumer) => consumer.drain()));
  });
  afterAll(() => at.close());

  function consume(options: Pick<BatchConsumerOptions, 'topics' | 'onBatch'> & Partial<BatchConsumerOptions>): BatchConsumer {
    const consumer = new BatchConsumer({ kafka: at.kafka, groupId: uniqueName('group'), logger, ...options });
    running.push(consumer);
    consumer.start();
    return consumer;
  }

  const send = async (topic: string, count: number, first = 0): Promise<void> =>
    at.producer.send([{ topic, messages: numbered(count, first) }]);

  /** A handler that keeps the batches; finished by hand. */
  function keeping(): { batches: ConsumedBatch[]; values: () => number[]; onBatch: (batch: ConsumedBatch) => Promise<void> } {
    const batches: ConsumedBatch[] = [];
    const values = (): number[] => batches.flatMap(({ messages }) => messages.map(({ value }) => Number(value)));
    const onBatch = (batch: ConsumedBatch): Promise<void> => {
      batches.push(batch);
      return Promise.resolve();
    };
    return { batches, values, onBatch };
  }

  const finishing = (batch: ConsumedBatch): Promise<void> => {
    for (const { offset } of batch.messages) batch.done(offset);
    return Promise.resolve();
  };

  it('hands over every message in order, from the beginning of the topic', async () => {
    const topic = await at.topic();
    await send(topic, 250);
    const taken = keeping();
    const consumer = consume({ topics: () => [topic], maxBatch: 40, onBatch: taken.onBatch });
    await eventually(() => expect(taken.values()).toHaveLength(250));
    expect(taken.values()).toEqual(Array.from({ length: 250 }, (_, value) => value));
    expect(Math.max(...taken.batches.map(({ messages }) => messages.length))).toBeLessThanOrEqual(40);
    expect(() => consumer.check()).not.toThrow();
    for (const batch of taken.batches) await finishing(batch);
  });

  it('commits the unbroken finished run only', async () => {
    const [topic, groupId] = [await at.topic(), uniqueName('group')];
    await send(topic, 10);
    const taken = keeping();
    consume({ groupId, topics: () => [topic], onBatch: taken.onBatch });
    await eventually(() => expect(taken.values()).toHaveLength(10));
    const done = (...offsets: number[]): void => offsets.forEach((offset) => taken.batches[0]?.done(String(offset)));
    done(0, 1, 2, 4, 9);
    await eventually(async () => expect(await committedOffset(at.kafka, { groupId, topic })).toBe(3));
    done(3);
    await eventually(async () => expect(await committedOffset(at.kafka, { groupId, topic })).toBe(5));
    done(5, 6, 7, 8);
    await eventually(async () => expect(await committedOffset(at.kafka, { groupId, topic })).toBe(10));
  });

  it('leaves what is not finished to the next member, and nothing else', async () => {
    const [topic, groupId] = [await at.topic(), uniqueName('group')];
    await send(topic, 20);
    const first = keeping();
    const dying = new BatchConsumer({ kafka: at.kafka, groupId, logger, topics: () => [topic], onBatch: first.onBatch });
    dying.start();
    await eventually(() => expect(first.values()).toHaveLength(20));
    for (let offset = 0; offset < 12; offset++) first.batches[0]?.done(String(offset));
    await eventually(async () => expect(await committedOffset(at.kafka, { groupId, topic })).toBe(12));
    const second = keeping();
    consume({ groupId, topics: () => [topic], onBatch: second.onBatch });
    await eventually(async () => expect(await memberCount(at.kafka, groupId)).toBe(2));
    // One partition: one of the two has it. When the first one goes, the second must get the rest.
    const drained = dying.drain();
    for (let offset = 12; offset < 15; offset++) first.batches[0]?.done(String(offset));
    await eventually(async () => {
      for (let offset = 15; offset < 20; offset++) first.batches[0]?.done(String(offset));
      await drained;
    });
    await send(topic, 5, 20);
    await eventually(() => expect(second.values()).toEqual(expect.arrayContaining([20, 21, 22, 23, 24])));
    for (const batch of second.batches) await finishing(batch);
  });

  it('brings a rejected batch again, whole, and skips nothing; the group does not notice', async () => {
    const [topic, groupId] = [await at.topic(), uniqueName('group')];
    await send(topic, 5);
    const seen: number[][] = [];
    const joins: LoggedJoin[] = [];
    const consumer = consume({
      groupId,
      topics: () => [topic],
      logger: joinsLogger(joins),
      onBatch: async (batch) => {
        seen.push(batch.messages.map(({ offset }) => Number(offset)));
        // TypeErrors are what kafkajs itself never tries again.
        if (seen.length <= 4) throw new TypeError('a store is away');
        await finishing(batch);
      },
    });
    await eventually(() => expect(seen.length).toBeGreaterThan(2));
    expect(() => consumer.check()).toThrow('batches are rejected: a store is away');
    await send(topic, 3, 5);
    await eventually(async () => expect(await committedOffset(at.kafka, { groupId, topic })).toBe(8));
    expect(seen.slice(0, 5)).toEqual(Array.from({ length: 5 }, () => [0, 1, 2, 3, 4]));
    expect(seen.slice(5).flat()).toEqual([5, 6, 7]);
    expect(joins).toHaveLength(1);
    expect(() => consumer.check()).not.toThrow();
  });

  it('keeps its membership while a handler takes longer than the session timeout', async () => {
    const [topic, groupId] = [await at.topic(), uniqueName('group')];
    await send(topic, 3);
    const gate = Promise.withResolvers<undefined>();
    const timing = { sessionTimeoutMs: 6000, rebalanceTimeoutMs: 6000, heartbeatMs: 500 };
    const seen: string[] = [];
    const since = Date.now();
    consume({
      groupId,
      timing,
      topics: () => [topic],
      onBatch: async (batch) => {
        seen.push(...batch.messages.map(({ offset }) => offset));
        await gate.promise;
        await finishing(batch);
      },
    });
    await eventually(() => expect(seen).toHaveLength(3));
    await eventually(() => expect(Date.now() - since).toBeGreaterThan(8000), { intervalMs: 500 });
    expect(await memberCount(at.kafka, groupId)).toBe(1);
    gate.resolve(undefined);
    await eventually(async () => expect(await committedOffset(at.kafka, { groupId, topic })).toBe(3));
    expect(seen).toEqual(['0', '1', '2']);
  });

  it('waits for room before it hands over, and fetches no further meanwhile', async () => {
    const topic = await at.topic();
    await send(topic, 6);
    const taken = keeping();
    const rooms: PromiseWithResolvers<undefined>[] = [];
    const room = async (): Promise<void> => {
      rooms.push(Promise.withResolvers<undefined>());
      await rooms.at(-1)?.promise;
    };
    consume({ topics: () => [topic], maxBatch: 2, room, onBatch: taken.onBatch });
    await eventually(() => expect(rooms).toHaveLength(1));
    expect(taken.values()).toEqual([]);
    rooms[0]?.resolve(undefined);
    await eventually(() => expect(rooms).toHaveLength(2));
    expect(taken.values()).toEqual([0, 1]);
    rooms[1]?.resolve(undefined);
    await eventually(() => expect(rooms).toHaveLength(3));
    rooms[2]?.resolve(undefined);
    await eventually(() => expect(taken.values()).toEqual([0, 1, 2, 3, 4, 5]));
    for (const batch of taken.batches) await finishing(batch);
  });

  it('takes nothing new while it is drained, stays a member until all is finished, commits it and leaves', async () => {
    const [topic, groupId] = [await at.topic(), uniqueName('group')];
    await send(topic, 4);
    const taken = keeping();
    const consumer = consume({ groupId, topics: () => [topic], onBatch: taken.onBatch });
    await eventually(() => expect(taken.values()).toHaveLength(4));
    let drained = false;
    const draining = consumer.drain().then(() => (drained = true));
    await send(topic, 4, 4);
    for (const offset of ['0', '1', '2']) taken.batches[0]?.done(offset);
    await eventually(async () => expect(await committedOffset(at.kafka, { groupId, topic })).toBe(3));
    expect(await memberCount(at.kafka, groupId)).toBe(1);
    expect(drained).toBe(false);
    taken.batches[0]?.done('3');
    await draining;
    expect(taken.values()).toEqual([0, 1, 2, 3]);
    expect(await committedOffset(at.kafka, { groupId, topic })).toBe(4);
    expect(await memberCount(at.kafka, groupId)).toBe(0);
  });

  it('leaves messages that were not begun to the next member when it is drained, without waiting for them', async () => {
    const [topic, groupId] = [await at.topic(), uniqueName('group')];
    await send(topic, 6);
    const first = keeping();
    const consumer = consume({ groupId, topics: () => [topic], onBatch: first.onBatch });
    await eventually(() => expect(first.values()).toHaveLength(6));
    const [batch] = first.batches;
    expect(batch?.isOurs()).toBe(true);
    for (const offset of ['0', '1', '3']) batch?.done(offset);
    for (const offset of ['2', '4', '5']) batch?.leave(offset);
    await consumer.drain();
    expect(await committedOffset(at.kafka, { groupId, topic })).toBe(2);
    const second = keeping();
    consume({ groupId, topics: () => [topic], onBatch: second.onBatch });
    await eventually(() => expect(second.values()).toEqual([2, 3, 4, 5]));
    for (const taken of second.batches) await finishing(taken);
  });

  it('is drained although it waits for room', async () => {
    const topic = await at.topic();
    await send(topic, 1);
    const taken = keeping();
    const waiting = Promise.withResolvers<undefined>();
    const consumer = consume({
      topics: () => [topic],
      onBatch: taken.onBatch,
      room: (signal) => {
        waiting.resolve(undefined);
        return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
      },
    });
    await waiting.promise;
    await consumer.drain();
    expect(taken.values()).toEqual([]);
  });

  it('shares the partitions with a second member without losing a message', async () => {
    const [topic, groupId] = [await at.topic({ partitions: 6 }), uniqueName('group')];
    const seen = new Set<string>();
    const onBatch = async (batch: ConsumedBatch): Promise<void> => {
      for (const { value } of batch.messages) seen.add(String(value));
      await finishing(batch);
    };
    consume({ groupId, topics: () => [topic], onBatch });
    await send(topic, 500);
    consume({ groupId, topics: () => [topic], onBatch });
    await send(topic, 500, 500);
    await eventually(async () => expect(await memberCount(at.kafka, groupId)).toBe(2));
    await send(topic, 500, 1000);
    await eventually(() => expect(seen.size).toBe(1500));
  });

  it('joins topics that come to match a pattern, and says what it waits for while there is none', async () => {
    const prefix = uniqueName('pattern');
    const taken = keeping();
    const topics = (): RegExp[] => [new RegExp(`^${prefix}\\.[a-z]+$`, 'g')];
    const consumer = consume({ topics, onBatch: taken.onBatch, timing: { newTopicsEveryMs: 300 } });
    await eventually(() => expect(() => consumer.check()).toThrow('none of its topics exists yet'));
    for (const [order, name] of ['orders', 'refunds'].entries()) {
      await at.createTopic(`${prefix}.${name}`);
      await send(`${prefix}.${name}`, 3, order * 3);
      await eventually(() => expect([...taken.values()].sort()).toEqual(Array.from({ length: 3 + order * 3 }, (_, value) => value)));
      for (const batch of taken.batches) await finishing(batch);
    }
    expect(() => consumer.check()).not.toThrow();
  });

  it('goes on with the topics that are left when one is deleted', async () => {
    const [kept, deleted] = [await at.topic(), await at.topic()];
    const taken = keeping();
    const consumer = consume({
      topics: () => [kept, deleted],
      onBatch: (batch) => taken.onBatch(batch).then(() => finishing(batch)),
    });
    await send(kept, 1);
    await send(deleted, 1, 1);
    await eventually(() => expect([...taken.values()].sort()).toEqual([0, 1]));
    await at.deleteTopic(deleted);
    consumer.rejoin();
    await send(kept, 1, 2);
    await eventually(() => expect([...taken.values()].sort()).toEqual([0, 1, 2]));
  });
});
