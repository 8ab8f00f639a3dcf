import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { promisify } from 'node:util';
import { create, type DescMessage, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type Event,
  EndpointSnapshotSchema,
  EventSource,
  EventTypeSnapshotSchema,
  InstallationSnapshotSchema,
  InstallationStatus,
  type MatchedApp,
  Mode,
  TOPICS,
  decodeDeliveryHeaders,
  deadTopic,
  eventIdOf,
  merchantTopicSettings,
  newId,
} from '@hookwright/contracts';
import { createKafka, KafkaProducer, type OutgoingMessage } from '@hookwright/kafka';
import { createLogger } from '@hookwright/runtime';
import { createTopics, eventually, freePort, startStores, type Stores, uniqueName } from '@hookwright/testkit';
import type { Consumer, Kafka, KafkaMessage } from 'kafkajs';

const MAIN = path.join(import.meta.dirname, '../dist/main.js');
const ORDERS = 'merchant.orders';
const SCOPES = ['orders.read'];
const START_MS = 60_000;
const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

type Received = KafkaMessage & { readonly topic: string; readonly partition: number };
interface Delivery {
  readonly event: Event;
  readonly apps: MatchedApp[];
  readonly message: Received;
}

let stores: Stores & { stop(): Promise<void> };
let kafka: Kafka;
let producer: KafkaProducer;
let consumer: Consumer;
let ingest: Ingest;
const received: Received[] = [];

/** The built service as a process of its own. */
class Ingest {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
    private readonly output: string[],
  ) {}

  static async start(brokers: string[]): Promise<Ingest> {
    const port = await freePort();
    const child = spawn(process.execPath, ['--title=hookwright-ingest', MAIN], {
      env: { KAFKA_BROKERS: brokers.join(','), HTTP_PORT: String(port), TOPIC_DISCOVERY_SECONDS: '0.5' },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const output: string[] = [];
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text: Buffer) => output.push(text.toString()));
    return new Ingest(child, `http://127.0.0.1:${port}`, output);
  }

  async get(page: string): Promise<{ status: number; text: string }> {
    const response = await fetch(this.url + page);
    return { status: response.status, text: await response.text() };
  }

  async ready(): Promise<void> {
    await eventually(
      async () => {
        if (this.child.exitCode !== null) throw new Error(`ended with ${this.child.exitCode}: ${this.log}`);
        const { status, text } = await this.get('/health/ready');
        if (status !== 200) throw new Error(`${text}\n${this.log}`);
      },
      { timeoutMs: 30_000 },
    );
  }

  get log(): string {
    return this.output.join('').slice(-4000);
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (!this.running) return this.child.exitCode;
    const exited = once(this.child, 'exit');
    this.child.kill(signal);
    await exited;
    return this.child.exitCode;
  }
}

async function put<Schema extends DescMessage>(
  topic: string,
  key: string,
  [schema, fields]: readonly [schema: Schema, fields: MessageInitShape<Schema>],
  partitionKey?: string,
): Promise<void> {
  const value = Buffer.from(toBinary(schema, create(schema, fields)));
  await producer.send([{ topic, messages: [{ key, value, partitionKey }] }]);
}

async function putType(type: string, source: EventSource, more: { requiredScope?: string; mandatory?: boolean } = {}): Promise<void> {
  await put(TOPICS.eventTypes, type, [EventTypeSnapshotSchema, { type, source, ...more }]);
}

async function putEndpoint(appId: string, enabledEvents = ['*']): Promise<void> {
  const eventSources = [EventSource.PARTNER_APP, EventSource.INSTALLED_MERCHANTS];
  await put(TOPICS.endpoints, appId, [EndpointSnapshotSchema, { appId, mode: Mode.LIVE, eventSources, enabledEvents }]);
}

async function putInstallation(
  appId: string,
  merchantId: string,
  fields: { installationId?: string; status?: InstallationStatus; grantedScopes?: string[] } = {},
): Promise<string> {
  const { installationId = newId('ins'), status = InstallationStatus.ACTIVE, grantedScopes = SCOPES } = fields;
  const snapshot = { installationId, appId, merchantId, status, grantedScopes, generation: 1 };
  await put(TOPICS.installations, installationId, [InstallationSnapshotSchema, snapshot], merchantId);
  return installationId;
}

/** A merchant of the test's own with so many apps, known to ingest. */
async function merchantWithApps(count = 1): Promise<{ merchantId: string; appIds: string[] }> {
  const merchantId = uniqueName('mer');
  const appIds = Array.from({ length: count }, () => newId('app'));
  await Promise.all(appIds.map((appId) => putEndpoint(appId)));
  await Promise.all(appIds.map((appId) => putInstallation(appId, merchantId)));
  await known(merchantId, count);
  return { merchantId, appIds };
}

/** Resolves when an event of the merchant's reaches so many apps. */
async function known(merchantId: string, count: number): Promise<void> {
  await eventually(async () => {
    const id = await publishOrder(merchantId);
    await eventually(() => expect(appsOf(id)).toHaveLength(count), { timeoutMs: 500 });
  });
}

function order(merchantId: string, headers: Record<string, string | undefined> = {}): OutgoingMessage {
  const all: Record<string, string | undefined> = {
    ce_specversion: '1.0',
    ce_id: uniqueName('order'),
    ce_source: '/orders',
    ce_type: 'order.created',
    ce_time: '2026-11-25T10:00:00.000Z',
    ce_merchantid: merchantId,
    'content-type': 'application/json',
    ...headers,
  };
  const present = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { key: merchantId, value: Buffer.from('{"total": 1}'), headers: Object.fromEntries(present) };
}

async function publish(message: OutgoingMessage, topic = ORDERS): Promise<void> {
  await producer.send([{ topic, messages: [message] }]);
}

async function publishOrder(merchantId: string, headers: Record<string, string | undefined> = {}): Promise<string> {
  const id = uniqueName('order');
  await publish(order(merchantId, { ce_id: id, ...headers }));
  return id;
}

function deliveriesOf(id: string, source = '/orders'): Delivery[] {
  const eventId = eventIdOf(source, id);
  return received
    .filter(({ topic }) => topic === TOPICS.deliveries)
    .flatMap((message) => {
      const decoded = decodeDeliveryHeaders(message.headers);
      return decoded?.event.eventId === eventId ? [{ ...decoded, message }] : [];
    });
}

function appsOf(id: string): string[] {
  return deliveriesOf(id).flatMap(({ apps }) => apps.map(({ appId }) => appId));
}

async function deliveryOf(id: string): Promise<Delivery> {
  return await eventually(() => {
    const [delivery] = deliveriesOf(id);
    if (delivery === undefined) throw new Error(`event ${id} has not come out; ingest says: ${ingest.log}`);
    return delivery;
  });
}

beforeAll(async () => {
  stores = await startStores();
  await createTopics(undefined, stores.kafkaBrokers);
  kafka = createKafka({ clientId: 'spec', brokers: stores.kafkaBrokers, logger: createLogger('spec', 'fatal') });
  producer = new KafkaProducer(kafka);
  await putType('order.created', EventSource.INSTALLED_MERCHANTS, { requiredScope: 'orders.read' });
  await putType('payment.captured', EventSource.INSTALLED_MERCHANTS, { requiredScope: 'payments.read' });
  await putType('partner_app.install.created', EventSource.PARTNER_APP);
  await putType('partner_app.install.revoked', EventSource.PARTNER_APP, { mandatory: true });
  consumer = kafka.consumer({ groupId: uniqueName('spec'), maxWaitTimeInMs: 50 });
  await consumer.connect();
  await consumer.subscribe({ topics: [TOPICS.deliveries, deadTopic(ORDERS), deadTopic(TOPICS.lifecycle)], fromBeginning: true });
  await consumer.run({
    eachMessage: ({ topic, partition, message }) => {
      received.push({ ...message, topic, partition });
      return Promise.resolve();
    },
  });
  ingest = await Ingest.start(stores.kafkaBrokers);
  await ingest.ready();
}, START_MS);

afterAll(async () => {
  await ingest.end('SIGTERM');
  await consumer.disconnect();
  await producer.close();
  await stores.stop();
}, START_MS);

describe('ingest as a process', () => {
  it('passes a binary-mode event on byte for byte, with its attributes', async () => {
    const { merchantId, appIds } = await merchantWithApps();
    const value = Buffer.from('\n{ "a" : 1.0e2,\t"a":"doppelt", "ü":"\\u00fc",  "n": 12345678901234567890 }  ');
    const message = order(merchantId, { ce_resourceid: 'ord_1', ce_resourceversion: '7', ce_sequence: '42', traceparent: TRACEPARENT });
    await publish({ ...message, value });
    const { event, apps, message: out } = await deliveryOf(String(message.headers?.['ce_id']));
    expect(out.value).toEqual(value);
    expect(out.key).toEqual(Buffer.from(merchantId));
    expect(apps).toMatchObject([{ appId: appIds[0], generation: 1 }]);
    expect(event).toMatchObject({
      type: 'order.created',
      merchantId,
      mode: Mode.LIVE,
      source: EventSource.INSTALLED_MERCHANTS,
      occurredAtMs: BigInt(Date.parse('2026-11-25T10:00:00.000Z')),
      sequence: '000000000042',
      resource: { type: 'order', id: 'ord_1', version: '7' },
      traceparent: TRACEPARENT,
    });
  });

  it('passes the data of a structured-mode event on byte for byte', async () => {
    const { merchantId } = await merchantWithApps();
    const id = uniqueName('order');
    const data = '{ "a" : 1.0e2,\t"b": ["ü", {"data": 0}] }';
    const envelope = `{"specversion":"1.0","data": ${data} ,"id":"${id}","source":"/orders","type":"order.created","merchantid":"${merchantId}"}`;
    const headers = { 'content-type': 'application/cloudevents+json; charset=utf-8' };
    await publish({ key: merchantId, value: Buffer.from(envelope), headers });
    expect((await deliveryOf(id)).message.value?.toString()).toBe(data);
  });

  it('writes one message for two apps, and none for an app without the scope', async () => {
    const { merchantId, appIds } = await merchantWithApps(2);
    const without = newId('app');
    await putEndpoint(without);
    await putInstallation(without, merchantId, { grantedScopes: ['payments.read'] });
    await eventually(async () => {
      const id = await publishOrder(merchantId, { ce_type: 'payment.captured' });
      await eventually(() => expect(appsOf(id)).toEqual([without]), { timeoutMs: 500 });
    });
    const id = await publishOrder(merchantId);
    const { apps } = await deliveryOf(id);
    expect(apps.map(({ appId }) => appId).sort()).toEqual([...appIds].sort());
    expect(deliveriesOf(id)).toHaveLength(1);
  });

  it('spreads 150 apps over three messages and more than one partition', async () => {
    const { merchantId, appIds } = await merchantWithApps(150);
    const id = await publishOrder(merchantId);
    await eventually(() => expect(deliveriesOf(id)).toHaveLength(3));
    expect(
      deliveriesOf(id)
        .map(({ apps }) => apps.length)
        .sort((one, other) => other - one),
    ).toEqual([64, 64, 22]);
    expect(appsOf(id).sort()).toEqual([...appIds].sort());
    expect(deliveriesOf(id).every(({ message }) => message.key?.toString() === merchantId)).toBe(true);
    expect(new Set(deliveriesOf(id).map(({ message }) => message.partition)).size).toBeGreaterThan(1);
  });

  it('stops for a merchant that uninstalled', async () => {
    const { merchantId, appIds } = await merchantWithApps();
    const installationId = (await deliveryOf(await publishOrder(merchantId))).apps[0]!.installationId;
    await putInstallation(appIds[0]!, merchantId, { installationId, status: InstallationStatus.REVOKED });
    await eventually(async () => {
      const [id, marker] = [await publishOrder(merchantId), await publishOrder((await merchantWithApps()).merchantId)];
      await deliveryOf(marker);
      expect(deliveriesOf(id)).toEqual([]);
    });
  });

  it('never misses the lifecycle event of an app whose endpoint is milliseconds old', async () => {
    for (let round = 0; round < 15; round++) {
      const appId = newId('app');
      const id = uniqueName('install');
      await putEndpoint(appId, ['partner_app.install.*']);
      const lifecycle = order('mer_1', {
        ce_id: id,
        ce_type: 'partner_app.install.created',
        ce_appid: appId,
        ce_installationid: 'ins_1',
        ce_generation: '2',
      });
      await publish({ ...lifecycle, key: appId }, TOPICS.lifecycle);
      const { apps, event } = await deliveryOf(id);
      expect(apps).toMatchObject([{ appId, installationId: 'ins_1', generation: 2 }]);
      expect(event.source).toBe(EventSource.PARTNER_APP);
    }
  });

  it('finds a topic that is created while it runs, and makes one for its dead letters', async () => {
    const { merchantId } = await merchantWithApps();
    const topic = `merchant.${uniqueName('news')}`;
    await createTopics(merchantTopicSettings(topic).slice(0, 1), stores.kafkaBrokers);
    const id = uniqueName('order');
    await publish(order(merchantId, { ce_id: id }), topic);
    await deliveryOf(id);
    const admin = kafka.admin();
    await admin.connect();
    expect(await admin.listTopics()).toContain(deadTopic(topic));
    await admin.disconnect();
  });

  it('counts what it does', async () => {
    await deliveryOf(await publishOrder((await merchantWithApps()).merchantId));
    await eventually(async () => {
      const { text } = await ingest.get('/metrics');
      expect(text).toMatch(/hookwright_events_consumed_total\{topic="merchant\.orders"\} [1-9]/);
      expect(text).toMatch(/hookwright_apps_matched_total [1-9]/);
      expect(text).toMatch(/hookwright_consumer_lag\{group="hookwright\.ingest",topic="merchant\.orders",partition="\d"\} 0/);
      expect(text).toMatch(/hookwright_table_entries\{table="registry\.installations"\} [1-9]/);
    });
  });
});

describe('compressed messages', () => {
  const kcat = spawnSync('kcat', ['-V']).error === undefined;

  (kcat ? it : it.skip).each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])('are read: %s, from librdkafka', async (codec) => {
    const { merchantId } = await merchantWithApps();
    const id = uniqueName('order');
    const { headers = {} } = order(merchantId, { ce_id: id });
    const data = `{"text": "${'abc '.repeat(500)}"}`;
    const flags = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}=${String(value)}`]);
    const [broker = ''] = stores.kafkaBrokers;
    const sending = promisify(execFile)('kcat', ['-P', '-b', broker, '-t', ORDERS, '-k', merchantId, '-z', codec, '-D', '\n\n', ...flags]);
    sending.child.stdin?.end(data);
    await sending;
    expect((await deliveryOf(id)).message.value?.toString()).toBe(data);
  });
});

describe('what cannot be used', () => {
  const deep = (levels: number): Buffer => Buffer.from('['.repeat(levels) + ']'.repeat(levels));
  const structured = { 'content-type': 'application/cloudevents+json' };

  it.each<[reason: string, what: string, poison: (merchantId: string) => OutgoingMessage]>([
    ['missing_attribute', 'no id', (mer) => order(mer, { ce_id: undefined })],
    ['missing_attribute', 'no merchant', (mer) => order(mer, { ce_merchantid: undefined })],
    [
      'missing_attribute',
      'a structured event without attributes',
      (mer) => ({ ...order(mer, structured), value: Buffer.from('{"data":{}}') }),
    ],
    ['unsupported_spec_version', 'version 999', (mer) => order(mer, { ce_specversion: '999' })],
    ['unsupported_content_type', 'protobuf', (mer) => order(mer, { 'content-type': 'application/protobuf' })],
    ['invalid_json', 'text', (mer) => ({ ...order(mer), value: Buffer.from('{"a":') })],
    ['invalid_json', 'bytes that are no UTF-8', (mer) => ({ ...order(mer), value: Buffer.from([0x22, 0xff, 0xfe, 0x22]) })],
    ['too_deep', '65 levels', (mer) => ({ ...order(mer), value: deep(65) })],
    ['too_deep', '100,000 levels', (mer) => ({ ...order(mer), value: deep(100_000) })],
    ['too_large', 'a byte over 1 MiB', (mer) => ({ ...order(mer), value: Buffer.from(`"${'x'.repeat(1_048_575)}"`) })],
    ['empty', 'a tombstone', (mer) => ({ ...order(mer), value: null })],
    ['empty', 'no bytes', (mer) => ({ ...order(mer), value: Buffer.alloc(0) })],
    ['missing_key', 'no key', (mer) => ({ ...order(mer), key: null, partitionKey: mer })],
    ['merchant_mismatch', 'another merchant’s key', (mer) => ({ ...order(mer), key: 'mer_other', partitionKey: mer })],
    ['invalid_time', 'the year 9999', (mer) => order(mer, { ce_time: '9999-01-01T00:00:00Z' })],
    ['invalid_time', 'words', (mer) => order(mer, { ce_time: 'yesterday' })],
    ['unknown_event_type', 'an unknown type', (mer) => order(mer, { ce_type: 'order.vanished' })],
    ['unknown_event_type', 'a made-up lifecycle event', (mer) => order(mer, { ce_type: 'partner_app.install.revoked' })],
  ])('is dead for %s (%s), and its partition moves on', async (reason, _what, poison) => {
    const { merchantId } = await merchantWithApps();
    const tag = uniqueName('tag');
    const message = poison(merchantId);
    const sentAtMs = Date.now();
    await publish({ ...message, headers: { ...message.headers, tag } });
    const after = await publishOrder(merchantId);
    await deliveryOf(after);
    const dead = await eventually(() => {
      const found = received.find(({ headers }) => headers?.['tag']?.toString() === tag);
      if (found === undefined) throw new Error(`no dead letter; ingest says: ${ingest.log}`);
      return found;
    });
    expect(dead.topic).toBe(deadTopic(ORDERS));
    expect(dead.key?.toString()).toBe(message.key?.toString());
    expect(dead.value).toEqual(message.value?.subarray(0, 65_536) ?? null);
    const headers = Object.fromEntries(Object.entries(dead.headers ?? {}).map(([name, value]) => [name, String(value)]));
    expect(headers).toMatchObject({ ...message.headers, dead_reason: reason, dead_topic: ORDERS });
    expect(headers['dead_truncated']).toBe((message.value?.length ?? 0) > 65_536 ? 'true' : undefined);
    expect(headers['dead_partition']).toMatch(/^\d$/);
    expect(headers['dead_offset']).toMatch(/^\d+$/);
    expect(Date.parse(headers['dead_at'] ?? '')).toBeGreaterThanOrEqual(sentAtMs - 1000);
  });

  it('leaves the good ones among it alone, whatever their headers are called', async () => {
    const { merchantId } = await merchantWithApps();
    const message = order(merchantId, { constructor: 'c', ce_constructor: 'c' });
    await publish(message);
    await deliveryOf(String(message.headers?.['ce_id']));
  });

  it('is dead even with headers that would make a dead letter too large', async () => {
    const { merchantId } = await merchantWithApps();
    const message = order(merchantId, { ce_type: 'order.vanished', constructor: 'c', huge: 'x'.repeat(1_000_000) });
    await publish(message);
    await deliveryOf(await publishOrder(merchantId));
    await eventually(() => {
      const dead = received.find(({ headers }) => headers?.['ce_id']?.toString() === message.headers?.['ce_id']);
      expect(dead?.headers?.['dead_truncated']?.toString()).toBe('true');
    });
  });

  it('is dead on app.lifecycle too', async () => {
    const id = uniqueName('install');
    await publish({ ...order('mer_1', { ce_id: id, ce_appid: 'app_1' }), key: 'app_2' }, TOPICS.lifecycle);
    await eventually(() => {
      const dead = received.find(({ headers }) => headers?.['ce_id']?.toString() === id);
      expect([dead?.topic, dead?.headers?.['dead_reason']?.toString()]).toEqual([deadTopic(TOPICS.lifecycle), 'merchant_mismatch']);
    });
  });
});

describe('ingest that is killed', () => {
  it('in the middle of 2,000 events loses nothing and gives repeats the same ids', async () => {
    const { merchantId } = await merchantWithApps(3);
    const ids = Array.from({ length: 2000 }, () => uniqueName('order'));
    const wanted = new Set(ids.map((id) => eventIdOf('/orders', id) as string));
    const seen = (): Set<string> => {
      const all = received.map(({ topic, headers }) =>
        topic === TOPICS.deliveries ? decodeDeliveryHeaders(headers)?.event.eventId : undefined,
      );
      return new Set(all.filter((id) => id !== undefined && wanted.has(id)) as string[]);
    };
    const publishAll = async (some: string[]): Promise<void> => {
      await producer.send([{ topic: ORDERS, messages: some.map((id) => order(merchantId, { ce_id: id })) }]);
    };
    const publishing = publishAll(ids.slice(0, 1000));
    await eventually(() => expect(seen().size).toBeGreaterThan(0), { intervalMs: 2 });
    await ingest.end('SIGKILL');
    await publishing;
    await publishAll(ids.slice(1000));
    expect(seen().size).toBeLessThan(2000);
    ingest = await Ingest.start(stores.kafkaBrokers);
    await eventually(() => expect(seen()).toEqual(wanted), { timeoutMs: 45_000, intervalMs: 200 });
    const lists = received.filter(({ topic }) => topic === TOPICS.deliveries).map(({ headers }) => decodeDeliveryHeaders(headers)!);
    expect(lists.filter(({ event }) => wanted.has(event.eventId)).every(({ apps }) => apps.length === 3)).toBe(true);
  }, 90_000);

  it('by SIGTERM ends in good order', async () => {
    expect(await ingest.end('SIGTERM')).toBe(0);
    ingest = await Ingest.start(stores.kafkaBrokers);
    await ingest.ready();
  });
});

describe('ingest without Kafka', () => {
  let lonely: Ingest | undefined;
  afterEach(async () => {
    await lonely?.end('SIGKILL');
  });

  it('waits, says for what, and does not exit', async () => {
    lonely = await Ingest.start([`127.0.0.1:${await freePort()}`]);
    const { url } = lonely;
    await eventually(async () => expect((await fetch(`${url}/health/live`)).status).toBe(200));
    await eventually(async () => expect((await (await fetch(`${url}/health/ready`)).text()).includes('ECONNREFUSED')).toBe(true));
    const ready = await fetch(`${url}/health/ready`);
    expect(ready.status).toBe(503);
    const { error } = (await ready.json()) as { error: Record<string, unknown> };
    expect(Object.keys(error).sort()).toEqual(['consumer', 'producer', TOPICS.endpoints, TOPICS.eventTypes, TOPICS.installations].sort());
    expect(lonely.running).toBe(true);
    expect(await lonely.end('SIGTERM')).toBe(0);
  });
});
