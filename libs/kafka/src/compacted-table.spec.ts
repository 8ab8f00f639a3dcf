import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, uniqueName, useStores } from '@hookwright/testkit';
import { CompactedTable } from './compacted-table.ts';
import { logger, setting, type Setting } from './spec/setting.ts';

describe('CompactedTable', () => {
  let at: Setting;
  const running: CompactedTable[] = [];

  beforeAll(async () => {
    at = setting((await useStores(['kafka'])).kafkaBrokers);
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((table) => table.stop()));
  });
  afterAll(() => at.close());

  interface Kept {
    readonly table: CompactedTable;
    readonly rows: Map<string, string>;
    readonly applied: string[];
  }

  function keep(topic: string): Kept {
    const rows = new Map<string, string>();
    const applied: string[] = [];
    const apply = (key: string, value: Buffer | null): void => {
      if (String(value) === 'unusable') throw new Error('not a snapshot');
      applied.push(`${key}=${String(value)}`);
      if (value === null) rows.delete(key);
      else rows.set(key, value.toString());
    };
    const table = new CompactedTable({ kafka: at.kafka, topic, logger, apply, timing: { newTopicsEveryMs: 300, metadataMaxAgeMs: 500 } });
    running.push(table);
    return { table, rows, applied };
  }

  const put = (topic: string, ...facts: [string, string | null][]): Promise<void> =>
    at.producer.send([{ topic, messages: facts.map(([key, value]) => ({ key, value: value === null ? null : Buffer.from(value) })) }]);

  it('is loaded when everything that was there is in memory, and then follows', async () => {
    const topic = await at.topic({ partitions: 4, compact: true });
    const facts = Array.from({ length: 3000 }, (_, row): [string, string] => [`key${row % 1000}`, String(row)]);
    await put(topic, ...facts);
    const { table, rows } = keep(topic);
    expect(() => table.check()).toThrow('not started');
    await table.start();
    expect(() => table.check()).not.toThrow();
    expect(rows.size).toBe(1000);
    expect(rows.get('key7')).toBe('2007');
    await put(topic, ['key7', null], ['key8', 'new']);
    await eventually(() => expect([rows.has('key7'), rows.get('key8')]).toEqual([false, 'new']));
  });

  it('of an empty topic is loaded at once', async () => {
    const { table, rows } = keep(await at.topic({ partitions: 3, compact: true }));
    await table.start();
    expect(rows.size).toBe(0);
  });

  it('waits for a topic that is missing, and says so', async () => {
    const topic = uniqueName('later');
    const { table, rows } = keep(topic);
    const started = table.start();
    await eventually(() => expect(() => table.check()).toThrow(`cannot read ${topic}: This server does not host this topic-partition`));
    await at.createTopic(topic, { compact: true });
    await put(topic, ['a', '1']);
    await started;
    await eventually(() => expect(rows.get('a')).toBe('1'));
  });

  it('never goes back to an older value when it must read again from the beginning', async () => {
    const topic = await at.topic({ partitions: 2, compact: true });
    await put(topic, ['a', 'old'], ['b', 'old'], ['a', 'new'], ['b', null]);
    const { table, rows, applied } = keep(topic);
    await table.start();
    expect(Object.fromEntries(rows)).toEqual({ a: 'new' });
    // New partitions make kafkajs join again; a new membership is what an outage leads to (outage.spec.ts).
    const admin = at.kafka.admin();
    await admin.connect();
    await admin.createPartitions({ topicPartitions: [{ topic, count: 5 }] });
    await admin.disconnect();
    await eventually(async () => {
      await put(topic, ...Array.from({ length: 20 }, (_, row): [string, string] => [`more${row}`, 'x']));
      expect(rows.size).toBe(21);
    });
    expect(applied.filter((fact) => fact.startsWith('a='))).toEqual(['a=old', 'a=new']);
    expect(applied.filter((fact) => fact.startsWith('b='))).toEqual(['b=old', 'b=null']);
  });

  it('passes over a snapshot that cannot be applied, and over messages without a key', async () => {
    const topic = await at.topic();
    await at.producer.send([{ topic, messages: [{ key: null, value: Buffer.from('x') }] }]);
    await put(topic, ['a', '1'], ['b', 'unusable'], ['c', '3']);
    const { table, rows } = keep(topic);
    await table.start();
    expect(Object.fromEntries(rows)).toEqual({ a: '1', c: '3' });
  });

  it('begins anew when its topic does', async () => {
    const topic = await at.topic({ compact: true });
    await put(topic, ['a', '1'], ['b', '2'], ['c', '3'], ['d', '4']);
    const { table, rows } = keep(topic);
    await table.start();
    await at.deleteTopic(topic);
    await eventually(() => at.createTopic(topic, { compact: true }));
    await eventually(() => put(topic, ['a', 'again']));
    await eventually(() => expect(rows.get('a')).toBe('again'), { timeoutMs: 30_000 });
  });

  it('can be stopped before it was started, while it waits and twice', async () => {
    const { table } = keep(uniqueName('never'));
    await table.stop();
    const waiting = keep(uniqueName('never'));
    void waiting.table.start();
    await waiting.table.stop();
    await waiting.table.stop();
  });
});
