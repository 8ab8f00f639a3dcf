import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, type RestartableBroker, restartableBroker, uniqueName } from '@hookwright/testkit';
import { BatchConsumer } from './batch-consumer.ts';
import { CompactedTable } from './compacted-table.ts';
import { committedOffset, logger, numbered, setting, type Setting } from './spec/setting.ts';

/** The broker of this spec goes away, hangs and comes back, while everything of this library stays. */
describe('while Kafka is away', () => {
  let broker: RestartableBroker;
  let at: Setting;
  const topic = uniqueName('facts');
  const tableTopic = uniqueName('table');
  const groupId = uniqueName('group');
  const seen: number[] = [];
  const table = new Map<string, string>();
  let consumer: BatchConsumer;
  let snapshots: CompactedTable;
  let loaded = false;
  const floating: unknown[] = [];
  const onFloating = (reason: unknown): void => void floating.push(reason);

  beforeAll(async () => {
    process.on('unhandledRejection', onFloating);
    broker = await restartableBroker();
    at = setting(broker.brokers);
    consumer = new BatchConsumer({
      kafka: at.kafka,
      groupId,
      logger,
      topics: () => [topic],
      onBatch: (batch) => {
        for (const { offset, value } of batch.messages) {
          seen.push(Number(value));
          batch.done(offset);
        }
        return Promise.resolve();
      },
    });
    snapshots = new CompactedTable({
      kafka: at.kafka,
      topic: tableTopic,
      logger,
      apply: (key, value) => {
        if (value !== null) table.set(key, value.toString());
      },
    });
    at.producer.start();
    consumer.start();
    void snapshots.start().then(() => (loaded = true));
  });

  afterAll(async () => {
    await Promise.all([consumer.drain(), snapshots.stop(), at.close()]);
    await broker.remove();
    process.off('unhandledRejection', onFloating);
    expect(floating).toEqual([]);
  });

  const send = (count: number, first: number): Promise<void> => at.producer.send([{ topic, messages: numbered(count, first) }]);
  const put = (key: string, value: string | null): Promise<void> =>
    at.producer.send([{ topic: tableTopic, messages: [{ key, value: value === null ? null : Buffer.from(value) }] }]);

  it('before its first start, all wait and say for what', async () => {
    await eventually(() => {
      expect(() => at.producer.check()).toThrow(/ECONNREFUSED/);
      expect(() => consumer.check()).toThrow(/ECONNREFUSED/);
      expect(() => snapshots.check()).toThrow(`cannot read ${tableTopic}`);
    });
    await expect(send(1, 0)).rejects.toThrow(/ECONNREFUSED/);
  });

  it('once it is there, they work; a missing topic is waited for', async () => {
    await broker.start();
    await eventually(() => expect(() => at.producer.check()).not.toThrow());
    await eventually(() => expect(() => consumer.check()).toThrow(`none of its topics exists yet: ${topic}`));
    await eventually(() => expect(() => snapshots.check()).toThrow(`cannot read ${tableTopic}`));
    await at.createTopic(topic, { partitions: 3 });
    await at.createTopic(tableTopic, { partitions: 2, compact: true });
    await send(10, 0);
    await put('a', '1');
    await eventually(() => expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 10 }, (_, value) => value)));
    await eventually(() => expect(loaded).toBe(true));
    await eventually(() => expect(Object.fromEntries(table)).toEqual({ a: '1' }));
  });

  it('after it was killed and is back, all goes on within seconds and nothing is lost', async () => {
    const first = Math.max(...seen) + 1;
    broker.signal('SIGKILL');
    await broker.stop();
    await eventually(() => {
      expect(() => at.producer.check()).toThrow();
      expect(() => consumer.check()).toThrow();
    });
    await expect(send(1, first)).rejects.toThrow();
    expect(() => snapshots.check()).not.toThrow();
    await broker.start();
    await eventually(() => send(10, first));
    await put('b', String(first));
    await eventually(() => expect(new Set(seen).size).toBe(first + 10), { timeoutMs: 30_000 });
    await eventually(() => expect(table.get('b')).toBe(String(first)));
    await eventually(() => {
      at.producer.check();
      consumer.check();
    });
    await eventually(async () => {
      const committed = await Promise.all([0, 1, 2].map((partition) => committedOffset(at.kafka, { groupId, topic, partition })));
      expect(committed.reduce((sum, offset) => sum + Math.max(0, offset), 0)).toBeGreaterThanOrEqual(first + 10);
    });
  });

  it('that hangs is noticed, and left behind when it goes on', async () => {
    const first = Math.max(...seen) + 1;
    broker.signal('SIGSTOP');
    await eventually(() => expect(() => at.producer.check()).toThrow(), { timeoutMs: 40_000 });
    await eventually(() => expect(() => consumer.check()).toThrow(), { timeoutMs: 40_000 });
    await eventually(() => expect(() => snapshots.check()).toThrow(/^no answer from Kafka for \d+ s$/), { timeoutMs: 40_000 });
    broker.signal('SIGCONT');
    await eventually(() => send(10, first), { timeoutMs: 30_000 });
    await eventually(() => expect(new Set(seen).size).toBe(first + 10), { timeoutMs: 30_000 });
    await eventually(() => snapshots.check(), { timeoutMs: 30_000 });
  }, 120_000);

  it('a drain ends all the same', async () => {
    await broker.stop();
    const since = Date.now();
    await Promise.all([consumer.drain(), snapshots.stop(), at.close()]);
    expect(Date.now() - since).toBeLessThan(10_000);
  });
});
