import { create, fromBinary, type MessageInitShape } from '@bufbuild/protobuf';
import {
  EventSource,
  type EventTypeSchema,
  EventTypeSnapshotSchema,
  MANDATORY_LIFECYCLE_TYPES,
  TOPICS,
  UpsertEventTypeRequestSchema,
} from '@hookwright/contracts';
import { createDatabase, createTopics, eventually, type TestDatabase, uniqueName, useStores } from '@hookwright/testkit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { register } from 'prom-client';
import { readTopic, type Registry, startRegistry, type TopicReader } from '../registry.fixture.ts';

const REVOKED = 'partner_app.install.revoked';
let brokers: string[];
let database: TestDatabase;
let registry: Registry;
let snapshots: TopicReader;

const upsert = (eventType: MessageInitShape<typeof EventTypeSchema>) =>
  registry.eventTypes.upsert(
    create(UpsertEventTypeRequestSchema, {
      eventType: {
        source: EventSource.INSTALLED_MERCHANTS,
        requiredScope: 'orders.read',
        schemaJson: '{}',
        exampleJson: '{}',
        ...eventType,
      },
    }),
  );
const unannounced = async () => (await database.pool.query('SELECT 1 FROM event_type WHERE NOT announced')).rowCount;

beforeAll(async () => {
  brokers = (await useStores(['kafka', 'postgres'])).kafkaBrokers;
  await createTopics();
  database = await createDatabase('registry');
  snapshots = await readTopic(brokers, TOPICS.eventTypes);
  registry = await startRegistry({ databaseUrl: database.url, brokers });
});

afterAll(async () => {
  await snapshots.stop();
  await registry.stop();
  await database.drop();
});

describe('the catalogue', () => {
  it('has the lifecycle types and announces them when the registry first starts', async () => {
    const { eventTypes = [] } = await registry.eventTypes.list();
    expect(eventTypes.map(({ type }) => type)).toContain(REVOKED);
    expect(eventTypes.filter(({ mandatory }) => mandatory).map(({ type }) => type)).toEqual([...MANDATORY_LIFECYCLE_TYPES]);
    for (const { schemaJson, exampleJson, source, requiredScope } of eventTypes) {
      expect([JSON.parse(schemaJson!), JSON.parse(exampleJson!), source, requiredScope]).toMatchObject([
        {},
        {},
        EventSource.PARTNER_APP,
        '',
      ]);
    }
    await eventually(async () => expect(await unannounced()).toBe(0));
    await eventually(() => expect(snapshots.withKey(REVOKED).length).toBeGreaterThan(0));
    const [seen] = snapshots.withKey(REVOKED);
    expect(fromBinary(EventTypeSnapshotSchema, seen!.value!)).toMatchObject({
      type: REVOKED,
      source: EventSource.PARTNER_APP,
      mandatory: true,
    });
  });

  it('takes a new type, its change and its repeat, and announces what is new', async () => {
    const type = `order.${uniqueName().replaceAll(/[^a-z0-9_]/g, '_')}`;
    expect(await upsert({ type })).toMatchObject({ created: true, eventType: { type, schemaJson: '{}' } });
    expect((await upsert({ type })).created).toBe(false);
    expect((await upsert({ type, requiredScope: 'orders.write' })).created).toBe(false);
    await eventually(() => expect(snapshots.withKey(type)).toHaveLength(2));
    expect(snapshots.withKey(type).map(({ value }) => fromBinary(EventTypeSnapshotSchema, value!).requiredScope)).toEqual([
      'orders.read',
      'orders.write',
    ]);
  });

  it('refuses what it cannot use', async () => {
    await expect(upsert({ type: REVOKED })).rejects.toThrow(expect.objectContaining({ code: 'invalid_field' }));
    await expect(upsert({ type: 'a.b', source: EventSource.UNSPECIFIED })).rejects.toThrow(
      expect.objectContaining({ code: 'invalid_field' }),
    );
  });
});

describe('a registry without its Kafka', () => {
  it('takes changes, says that they wait, and is not ready', async () => {
    const own = await createDatabase('registry');
    const lonely = await startRegistry({ databaseUrl: own.url, brokers: ['127.0.0.1:1'] });
    await eventually(async () => expect(await register.getSingleMetricAsString('hookwright_outbox_waiting')).toMatch(/waiting 8$/m));
    const check = lonely.readiness.checks.find(({ name }) => name === 'kafka');
    expect(() => check?.check()).toThrow();
    await lonely.stop();
    await own.drop();
  });
});
