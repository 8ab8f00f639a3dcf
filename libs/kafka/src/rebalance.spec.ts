import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, uniqueName, useStores } from '@hookwright/testkit';
import { BatchConsumer } from './batch-consumer.ts';
import { createKafka } from './client.ts';
import type { ConsumedBatch } from './held-partition.ts';
import { asAdmin, joinsLogger, type LoggedJoin, logger, memberCount, numbered, setting, type Setting } from './spec/setting.ts';

// What a request takes, and how many a worker has under way.
const WORK_MS = 40;
const AT_ONCE = 60;

/** What was begun. By its place in the topic: a producer that hears no answer sends again, and then one value has two places. */
class Begun {
  readonly values = new Set<number>();
  private readonly places = new Map<string, number>();

  add({ batch, offset, value }: Work): void {
    const place = `${batch.partition}/${offset}`;
    this.values.add(value);
    this.places.set(place, (this.places.get(place) ?? 0) + 1);
  }

  get repeated(): string[] {
    return [...this.places].filter(([, times]) => times > 1).map(([place]) => place);
  }
}

interface Work {
  readonly batch: ConsumedBatch;
  readonly offset: string;
  readonly value: number;
}

/** A worker that takes messages as delivery does: queues them, begins so many at once and none that is not its own any more. */
class Worker {
  readonly consumer: BatchConsumer;
  private readonly queue: Work[] = [];
  private busy = 0;

  constructor(at: Setting, place: { topic: string; groupId: string }, begun: Begun) {
    this.consumer = new BatchConsumer({
      // Its own, as a process has (BatchConsumerOptions).
      kafka: createKafka({ clientId: 'worker', brokers: at.brokers, logger }),
      groupId: place.groupId,
      logger,
      topics: () => [place.topic],
      maxBatch: 32,
      timing: { metadataMaxAgeMs: 500 },
      onBatch: (batch) => {
        for (const { offset, value } of batch.messages) this.queue.push({ batch, offset, value: Number(value) });
        while (this.busy < AT_ONCE && this.queue.length > 0) void this.work(begun);
        return Promise.resolve();
      },
      room: async (signal) => {
        while (this.queue.length > AT_ONCE && !signal.aborted) await delay(5);
      },
    });
    this.consumer.start();
  }

  private async work(begun: Begun): Promise<void> {
    this.busy++;
    for (let next = this.queue.shift(); next !== undefined; next = this.queue.shift()) {
      const { batch, offset } = next;
      if (!batch.isOurs()) {
        batch.leave(offset);
        continue;
      }
      begun.add(next);
      await delay(WORK_MS);
      batch.done(offset);
    }
    this.busy--;
  }
}

describe('while members come and go', () => {
  let at: Setting;
  // A spec that fails leaves them in their group, and jest would wait for them.
  const started: BatchConsumer[] = [];
  afterEach(async () => {
    await Promise.all(started.splice(0).map((consumer) => consumer.drain()));
  });
  beforeAll(async () => {
    at = setting((await useStores(['kafka'])).kafkaBrokers);
  });
  afterAll(() => at.close());
  const join = (place: { topic: string; groupId: string }, begun: Begun): Worker => {
    const worker = new Worker(at, place, begun);
    started.push(worker.consumer);
    return worker;
  };

  it('every message is begun once, and all others go on', async () => {
    const place = { topic: await at.topic({ partitions: 6 }), groupId: uniqueName('group') };
    const begun = new Begun();
    const workers = [join(place, begun), join(place, begun)];
    const members = (count: number): Promise<void> =>
      eventually(async () => expect(await memberCount(at.kafka, place.groupId)).toBe(count));
    await members(2);
    let sent = 0;
    const publishing = setInterval(() => {
      void at.producer.send([{ topic: place.topic, messages: numbered(100, sent) }]);
      sent += 100;
    }, 50);
    for (let round = 0; round < 3; round++) {
      const comer = join(place, begun);
      await members(3);
      const before = begun.values.size;
      await eventually(() => expect(begun.values.size - before).toBeGreaterThan(1000));
      await (round === 1 ? workers.shift() : comer)?.consumer.drain();
      if (round === 1) workers.push(comer);
      await members(2);
    }
    clearInterval(publishing);
    await eventually(() => expect(begun.values.size).toBe(sent), { timeoutMs: 30_000 });
    expect(begun.repeated).toEqual([]);
  }, 90_000);

  it('new partitions are read from their beginning', async () => {
    const place = { topic: await at.topic({ partitions: 2 }), groupId: uniqueName('group') };
    const begun = new Begun();
    join(place, begun);
    join(place, begun);
    await at.producer.send([{ topic: place.topic, messages: numbered(200) }]);
    await eventually(() => expect(begun.values.size).toBe(200));
    await asAdmin(at.kafka, (admin) => admin.createPartitions({ topicPartitions: [{ topic: place.topic, count: 6 }] }));
    // By a client that knows the new partitions at once.
    const outside = setting(at.brokers);
    await outside.producer.send([{ topic: place.topic, messages: numbered(600, 200) }]);
    await eventually(() => expect(begun.values.size).toBe(800), { timeoutMs: 20_000 });
    expect(begun.repeated).toEqual([]);
    await outside.close();
  });

  it('a partition that comes back while it is being finished is not begun anew', async () => {
    const place = { topic: await at.topic({ partitions: 2 }), groupId: uniqueName('group') };
    const gate = Promise.withResolvers<undefined>();
    const begun: string[] = [];
    const joins: LoggedJoin[] = [];
    const consumer = new BatchConsumer({
      kafka: createKafka({ clientId: 'worker', brokers: at.brokers, logger }),
      groupId: place.groupId,
      topics: () => [place.topic],
      logger: joinsLogger(joins),
      timing: { finishMs: 30_000 },
      onBatch: (batch) => {
        for (const { offset } of batch.messages) {
          begun.push(`${batch.partition}/${offset}`);
          void gate.promise.then(() => batch.done(offset));
        }
        return Promise.resolve();
      },
    });
    started.push(consumer);
    consumer.start();
    await at.producer.send([{ topic: place.topic, messages: numbered(100) }]);
    await eventually(() => expect(begun).toHaveLength(100));
    const comer = join(place, new Begun());
    await eventually(() => expect(joins.at(-1)?.gone).toHaveLength(1));
    await comer.consumer.drain();
    await eventually(() => expect(joins.at(-1)?.assignment[place.topic]).toHaveLength(2), { timeoutMs: 15_000 });
    gate.resolve(undefined);
    await at.producer.send([{ topic: place.topic, messages: numbered(100, 100) }]);
    await eventually(() => expect(new Set(begun).size).toBe(200), { timeoutMs: 15_000 });
    expect(begun).toHaveLength(200);
  }, 60_000);

  it('a partition that comes while a member finishes to join new topics is begun once', async () => {
    const prefix = uniqueName('rejoin');
    const place = { topic: `${prefix}.orders`, groupId: uniqueName('group') };
    await at.createTopic(place.topic, { partitions: 2 });
    const comer = join(place, new Begun());
    const [first, second] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    const begun: string[] = [];
    const joins: LoggedJoin[] = [];
    let looks = 0;
    const consumer = new BatchConsumer({
      kafka: createKafka({ clientId: 'worker', brokers: at.brokers, logger }),
      groupId: place.groupId,
      topics: () => {
        looks++;
        return [new RegExp(`^${prefix}\\.[a-z]+$`)];
      },
      logger: joinsLogger(joins),
      timing: { finishMs: 30_000, newTopicsEveryMs: 300 },
      onBatch: (batch) => {
        for (const { offset, value } of batch.messages) {
          begun.push(`${batch.partition}/${offset}`);
          const finished = Number(value) < 100 ? first : second;
          void finished.promise.then(() => batch.done(offset));
        }
        return Promise.resolve();
      },
    });
    started.push(consumer);
    consumer.start();
    const assigned = (topic: string): number | undefined => joins.at(-1)?.assignment[topic]?.length;
    await eventually(() => expect(assigned(place.topic)).toBe(1), { timeoutMs: 15_000 });
    await at.producer.send([{ topic: place.topic, messages: numbered(100) }]);
    await eventually(() => expect(begun.length).toBeGreaterThan(0));

    await at.createTopic(`${prefix}.refunds`);
    const looked = looks;
    await eventually(() => expect(looks).toBeGreaterThan(looked + 2));
    await comer.consumer.drain();
    await eventually(() => expect(assigned(place.topic)).toBe(2), { timeoutMs: 15_000 });
    await at.producer.send([{ topic: place.topic, messages: numbered(100, 100) }]);
    // Somebody else has read them by then, so they could have been begun.
    const witness = new Begun();
    join({ ...place, groupId: uniqueName('group') }, witness);
    await eventually(() => expect(witness.values.size).toBe(200), { timeoutMs: 15_000 });

    first.resolve(undefined);
    await eventually(() => expect(assigned(`${prefix}.refunds`)).toBe(1), { timeoutMs: 15_000 });
    await at.producer.send([{ topic: place.topic, messages: numbered(100, 200) }]);
    second.resolve(undefined);
    await eventually(() => expect(new Set(begun).size).toBeGreaterThan(200), { timeoutMs: 15_000 });
    expect(new Set(begun).size).toBe(begun.length);
  }, 60_000);

  it('a partition whose handler is slow holds up nothing else, and the group does not notice', async () => {
    const place = { topic: await at.topic({ partitions: 2 }), groupId: uniqueName('group') };
    const gate = Promise.withResolvers<undefined>();
    const seen: number[] = [];
    const joins: LoggedJoin[] = [];
    const consumer = new BatchConsumer({
      kafka: at.kafka,
      groupId: place.groupId,
      topics: () => [place.topic],
      logger: joinsLogger(joins),
      onBatch: async (batch) => {
        if (batch.partition === 0) await gate.promise;
        for (const { offset, value } of batch.messages) {
          seen.push(Number(value));
          batch.done(offset);
        }
      },
    });
    started.push(consumer);
    consumer.start();
    await at.producer.send([{ topic: place.topic, messages: numbered(100) }]);
    await eventually(() => expect(seen.length).toBeGreaterThan(20));
    const early = seen.length;
    for (let round = 1; round <= 5; round++) {
      await at.producer.send([{ topic: place.topic, messages: numbered(100, round * 100) }]);
      await eventually(() => expect(seen.length).toBeGreaterThan(early + round * 20));
    }
    expect(joins).toHaveLength(1);
    gate.resolve(undefined);
    await eventually(() => expect(seen).toHaveLength(600));
  });
});
