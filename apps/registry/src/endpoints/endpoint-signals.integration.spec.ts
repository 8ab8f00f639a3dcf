import { create, toBinary } from '@bufbuild/protobuf';
import {
  CreateAppRequestSchema,
  DisabledReason,
  EndpointSignalKind,
  EndpointSignalSchema,
  EndpointStatus,
  GetAppRequestSchema,
  Mode,
  newId,
  PauseEndpointRequestSchema,
  ResumeEndpointRequestSchema,
  TOPICS,
  UpdateAppRequestSchema,
} from '@hookwright/contracts';
import { createKafka, KafkaProducer } from '@hookwright/kafka';
import { createLogger } from '@hookwright/runtime';
import { createDatabase, createTopics, eventually, type TestDatabase, useStores } from '@hookwright/testkit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Registry, startRegistry } from '../registry.fixture.ts';

const partnerId = newId('par');
const tenant = { partnerId, mode: Mode.LIVE };
const url = 'https://93.184.215.14/hooks';
const { GONE, SUSTAINED_FAILURE } = EndpointSignalKind;
let database: TestDatabase;
let registry: Registry;
let producer: KafkaProducer;

const createApp = async (webhook = true): Promise<string> => {
  const app = { name: 'Ship It', ...(webhook ? { webhookChange: { case: 'webhook' as const, value: { url } } } : {}) };
  return (await registry.apps.create(create(CreateAppRequestSchema, { tenant, appId: newId('app'), app }))).app!.id!;
};
const webhookOf = async (appId: string) => (await registry.apps.get(create(GetAppRequestSchema, { tenant, appId }))).app!.webhook;
const signal = (appId: string, kind: EndpointSignalKind, revision = 1n) => ({
  key: appId,
  value: Buffer.from(toBinary(EndpointSignalSchema, create(EndpointSignalSchema, { appId, kind, endpointRevision: revision }))),
});
const send = (...messages: { key: string; value: Buffer }[]) => producer.send([{ topic: TOPICS.endpointSignals, messages }]);
const problem = (code: string) => expect.objectContaining({ code });

beforeAll(async () => {
  const { kafkaBrokers: brokers } = await useStores(['kafka', 'postgres']);
  await createTopics();
  database = await createDatabase('registry');
  registry = await startRegistry({ databaseUrl: database.url, brokers, signals: true });
  producer = new KafkaProducer(createKafka({ clientId: 'spec', brokers, logger: createLogger('spec', 'fatal') }));
  await database.pool.query('INSERT INTO partner (id, name, created_at) VALUES ($1, $1, now())', [partnerId]);
});

afterAll(async () => {
  await producer.close();
  await registry.stop();
  await database.drop();
});

describe('an endpoint', () => {
  it('is disabled by what the workers saw, once, after unreadable signals too', async () => {
    const [gone, failing] = [await createApp(), await createApp()];
    const [first, second] = [signal(gone, GONE), signal(failing, SUSTAINED_FAILURE)];
    await send({ key: gone, value: Buffer.from('nonsense') }, first, first, second, { key: failing, value: Buffer.alloc(0) });
    await eventually(async () => {
      expect(await webhookOf(gone)).toMatchObject({ status: EndpointStatus.DISABLED, disabledReason: DisabledReason.GONE_410 });
      expect(await webhookOf(failing)).toMatchObject({ disabledReason: DisabledReason.SUSTAINED_FAILURE });
    });
    const { app } = await registry.apps.get(create(GetAppRequestSchema, { tenant, appId: gone }));
    expect(app?.revision).toBe(2n);
  });

  it('stays as it is when it was changed since, or is gone', async () => {
    const [changed, marker] = [await createApp(), await createApp()];
    const value = { rateLimit: { case: 'rateLimitPerMinute' as const, value: 60 } };
    await registry.apps.update(
      create(UpdateAppRequestSchema, { tenant, appId: changed, app: { webhookChange: { case: 'webhook', value } } }),
    );
    // One key, so that all lie in one partition: when the last one has been heard, the first ones have.
    const others = [signal(changed, GONE), signal(await createApp(false), GONE), signal(newId('app'), GONE), signal(marker, GONE)];
    await send(...others.map((message) => ({ ...message, key: changed })));
    await eventually(async () => expect(await webhookOf(marker)).toMatchObject({ status: EndpointStatus.DISABLED }));
    expect(await webhookOf(changed)).toMatchObject({ status: EndpointStatus.ENABLED });
  });

  it('is paused and resumed, and says what stands in the way', async () => {
    const appId = await createApp();
    const pause = (id = appId) => registry.endpoints.pause(create(PauseEndpointRequestSchema, { tenant, appId: id }));
    const resume = (id = appId) => registry.endpoints.resume(create(ResumeEndpointRequestSchema, { tenant, appId: id }));
    await expect(resume()).rejects.toThrow(problem('endpoint_not_paused'));
    expect((await pause()).app?.webhook).toMatchObject({ status: EndpointStatus.PAUSED });
    await expect(pause()).rejects.toThrow(problem('endpoint_not_enabled'));
    expect((await resume()).app).toMatchObject({ revision: 3n, webhook: { status: EndpointStatus.ENABLED } });
    await expect(pause(await createApp(false))).rejects.toThrow(problem('no_endpoint'));
  });
});
