import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createTopics, eventually, type RestartableBroker, restartableBroker, uniqueName, useStores } from '@hookwright/testkit';
import { createKafka, KafkaProducer, type TopicMessages } from '@hookwright/kafka';
import type { Consumer, Kafka, KafkaMessage } from 'kafkajs';
import pg from 'pg';
import { pino } from 'pino';
import { OutboxRelay } from './outbox-relay.ts';
import { type OutboxMessage, outboxRow } from './outbox-row.ts';

const OUTBOX_TABLE = `CREATE TABLE "outbox" ("id" BIGSERIAL PRIMARY KEY, "topic" TEXT NOT NULL, "key" TEXT NOT NULL, "partition_key" TEXT,
  "headers" JSONB NOT NULL DEFAULT '{}', "value" BYTEA, "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now())`;
const INSERT = 'INSERT INTO outbox (topic, key, partition_key, headers, value) VALUES ($1, $2, $3, $4, $5)';

const logger = pino({ level: 'silent' });

type Received = KafkaMessage & { readonly partition: number };

describe('OutboxRelay', () => {
  let postgresUrl: string;
  let brokers: string[];
  let kafka: Kafka;
  let producer: KafkaProducer;
  let pool: pg.Pool;
  let topic: string;
  const relays: OutboxRelay[] = [];
  const consumers: Consumer[] = [];

  beforeAll(async () => {
    ({ postgresUrl, kafkaBrokers: brokers } = await useStores(['kafka', 'postgres']));
    kafka = createKafka({ clientId: 'outbox-spec', brokers, logger });
    producer = new KafkaProducer(kafka);
  });
  afterAll(() => producer.close());

  beforeEach(async () => {
    pool = await newDatabase(postgresUrl);
    topic = uniqueName('topic');
    await createTopics([{ topic, partitions: 3, config: { 'max.message.bytes': '1179648' } }], brokers);
  });
  afterEach(async () => {
    await Promise.all(relays.splice(0).map((relay) => relay.stop()));
    await Promise.all(consumers.splice(0).map((consumer) => consumer.disconnect()));
    await pool.end();
  });

  function relay(over: Pick<KafkaProducer, 'send'> = producer, from = pool): OutboxRelay {
    const made = new OutboxRelay({ pool: from, producer: over, logger });
    relays.push(made);
    made.start();
    return made;
  }

  async function store(...messages: OutboxMessage[]): Promise<void> {
    const client = await pool.connect();
    await client.query('BEGIN');
    for (const message of messages) {
      const row = outboxRow(message);
      const value = row.value === null ? null : Buffer.from(row.value);
      await client.query(INSERT, [row.topic, row.key, row.partitionKey, row.headers, value]);
    }
    await client.query('COMMIT');
    client.release();
  }

  const numbered = (count: number, first = 0): OutboxMessage[] =>
    Array.from({ length: count }, (_, at) => ({ topic, key: 'app_1', value: Buffer.from(String(first + at)) }));

  const left = async (): Promise<number> => Number((await pool.query<{ count: string }>('SELECT count(*) FROM outbox')).rows[0]?.count);

  async function receive(from: Kafka = kafka): Promise<Received[]> {
    const received: Received[] = [];
    const consumer = from.consumer({ groupId: uniqueName('group'), maxWaitTimeInMs: 100 });
    consumers.push(consumer);
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({ eachMessage: ({ message, partition }) => Promise.resolve(void received.push({ ...message, partition })) });
    return received;
  }

  const valuesOf = (received: Received[]): number[] => received.map(({ value }) => Number(value));
  const range = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

  it('publishes what was stored, as it was stored', async () => {
    await store(
      { topic, key: 'ins_1', partitionKey: 'mer_1', headers: { ce_id: '1', 'content-type': 'é' }, value: new Uint8Array([0, 255, 1]) },
      { topic, key: 'ins_2', partitionKey: 'mer_1', value: null },
      { topic, key: 'ins_3', partitionKey: 'mer_1', value: new Uint8Array() },
    );
    relay();
    const received = await receive();
    await eventually(() => expect(received).toHaveLength(3));
    expect(received.map(({ key }) => String(key))).toEqual(['ins_1', 'ins_2', 'ins_3']);
    expect(received.map(({ value }) => value)).toEqual([Buffer.from([0, 255, 1]), null, Buffer.alloc(0)]);
    expect(received[0]?.headers).toEqual({ ce_id: Buffer.from('1'), 'content-type': Buffer.from('é') });
    expect(new Set(received.map(({ partition }) => partition)).size).toBe(1);
    await eventually(async () => expect(await left()).toBe(0));
  });

  it('publishes in the order of ids, more than one batch, at once after a wake', async () => {
    const made = relay();
    await store(...numbered(1234));
    made.wake();
    const received = await receive();
    await eventually(() => expect(valuesOf(received)).toEqual(range(1234)));
    expect(() => made.check()).not.toThrow();
  });

  it('publishes large messages although a batch of them is over the broker’s limit', async () => {
    relay();
    await store(...range(12).map((at) => ({ topic, key: String(at % 2), value: Buffer.alloc(400_000, String(at)) })));
    const received = await receive();
    await eventually(() => expect(received).toHaveLength(12));
    await eventually(async () => expect(await left()).toBe(0));
  });

  it('publishes nothing of a transaction that was rolled back, and finds by itself what nobody announced', async () => {
    relay();
    const client = await pool.connect();
    await client.query('BEGIN');
    await client.query(INSERT, [topic, 'app_1', null, {}, Buffer.from('99')]);
    await client.query('ROLLBACK');
    client.release();
    await store(...numbered(1));
    const received = await receive();
    await eventually(() => expect(valuesOf(received)).toEqual([0]));
  });

  it('publishes again what it could not remove: at least once', async () => {
    await store(...numbered(3));
    let sent = 0;
    const dying = {
      send: async (messages: readonly TopicMessages[]) => {
        await producer.send(messages);
        // The relay's own connection ends between the publishing and the removal, as when its process is killed.
        if (sent++ === 0)
          await pool.query(
            'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()',
          );
      },
    };
    const made = relay(dying);
    const received = await receive();
    await eventually(() => expect(valuesOf(received)).toEqual([0, 1, 2, 0, 1, 2]));
    await eventually(async () => expect(await left()).toBe(0));
    await eventually(() => expect(() => made.check()).not.toThrow());
  });

  it('keeps what was not taken, says so, and goes on in order', async () => {
    await store(...numbered(3));
    let failures = 2;
    const failing = {
      send: (messages: readonly TopicMessages[]) => (failures-- > 0 ? Promise.reject(new Error('no leader')) : producer.send(messages)),
    };
    const made = relay(failing);
    await eventually(() => expect(() => made.check()).toThrow('the outbox cannot be relayed: no leader'));
    expect(await left()).toBe(3);
    const received = await receive();
    await eventually(() => expect(valuesOf(received)).toEqual([0, 1, 2]));
    await eventually(() => expect(() => made.check()).not.toThrow());
  });

  it('does not interleave with a second relay, which takes over when the first is gone', async () => {
    let busy = 0;
    const watched = {
      send: async (messages: readonly TopicMessages[]) => {
        expect(++busy).toBe(1);
        await producer.send(messages);
        busy--;
      },
    };
    const first = relay(watched);
    relay(watched);
    for (let part = 0; part < 5; part++) await store(...numbered(300, part * 300));
    await first.stop();
    await store(...numbered(300, 1500));
    const received = await receive();
    await eventually(() => expect(valuesOf(received)).toEqual(range(1800)));
  });

  it('goes on after PostgreSQL closed its connections', async () => {
    const made = relay();
    await eventually(() => expect(() => made.check()).not.toThrow());
    const admin = new pg.Client({ connectionString: postgresUrl });
    await admin.connect();
    await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [pool.options.database]);
    await admin.end();
    await eventually(() => store(...numbered(2)));
    const received = await receive();
    await eventually(() => expect(valuesOf(received)).toEqual([0, 1]));
  });

  describe('with a Kafka that goes away', () => {
    let broker: RestartableBroker;
    afterEach(() => broker.remove());

    it('waits, and catches up within 5 s of its return', async () => {
      broker = await restartableBroker();
      const own = createKafka({ clientId: 'outbox-spec', brokers: broker.brokers, logger });
      const ownProducer = new KafkaProducer(own);
      const made = relay(ownProducer);
      await store(...numbered(10));
      await eventually(() => expect(() => made.check()).toThrow('the outbox cannot be relayed'));
      await broker.start();
      await createTopics([{ topic, partitions: 1, config: {} }], broker.brokers);
      await eventually(async () => expect(await left()).toBe(0), { timeoutMs: 5000 });
      broker.signal('SIGKILL');
      await broker.stop();
      await store(...numbered(10, 10));
      await eventually(() => expect(() => made.check()).toThrow());
      await broker.start();
      await eventually(async () => expect(await left()).toBe(0), { timeoutMs: 5000 });
      const received = await receive(own);
      await eventually(() => expect(valuesOf(received)).toEqual(range(20)));
      await Promise.all(relays.splice(0).map((one) => one.stop()));
      await Promise.all(consumers.splice(0).map((consumer) => consumer.disconnect()));
      await ownProducer.close();
    });
  });
});

/** A database of its own with nothing but the table that every owner's migration makes. */
async function newDatabase(postgresUrl: string): Promise<pg.Pool> {
  const database = uniqueName('outbox');
  const admin = new pg.Client({ connectionString: postgresUrl });
  await admin.connect();
  await admin.query(`CREATE DATABASE "${database}"`);
  await admin.end();
  const url = new URL(postgresUrl);
  url.pathname = `/${database}`;
  const pool = new pg.Pool({ connectionString: url.href, database, max: 5 });
  pool.on('error', () => undefined);
  await pool.query(OUTBOX_TABLE);
  return pool;
}
