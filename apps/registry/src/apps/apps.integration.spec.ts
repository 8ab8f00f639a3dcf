import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { create, fromBinary, type MessageInitShape } from '@bufbuild/protobuf';
import {
  type AppInputSchema,
  CreateAppRequestSchema,
  DeleteAppRequestSchema,
  EndpointSnapshotSchema,
  EndpointStatus,
  GetAppRequestSchema,
  GetOAuthClientRequestSchema,
  InstallRequestSchema,
  ListAppsRequestSchema,
  Mode,
  newId,
  PauseEndpointRequestSchema,
  PayloadStyle,
  TOPICS,
  UpdateAppRequestSchema,
} from '@hookwright/contracts';
import { createDatabase, createTopics, eventually, type TestDatabase, useStores } from '@hookwright/testkit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readTopic, type Registry, startRegistry, type TopicReader } from '../registry.fixture.ts';

type Input = MessageInitShape<typeof AppInputSchema>;

const url = 'https://93.184.215.14/hooks';
const partnerId = newId('par');
const tenant = { partnerId, mode: Mode.LIVE };
const orders = { id: 'orders', title: 'See orders', scopes: ['orders.read'], optional: false };
let database: TestDatabase;
let registry: Registry;
let endpoints: TopicReader;

const webhook = (value: Extract<Input['webhookChange'], { case: 'webhook' }>['value']) => ({ case: 'webhook' as const, value });
const createApp = async (app: Input, { appId = newId('app'), mode = Mode.LIVE }: { appId?: string; mode?: Mode } = {}) =>
  (await registry.apps.create(create(CreateAppRequestSchema, { tenant: { partnerId, mode }, appId, app }))).app!;
const updateApp = (appId: string, app: Input, ifRevision?: bigint) =>
  registry.apps.update(create(UpdateAppRequestSchema, { tenant, appId, app, ...(ifRevision === undefined ? {} : { ifRevision }) }));
const getApp = async (appId: string, as = tenant) => (await registry.apps.get(create(GetAppRequestSchema, { tenant: as, appId }))).app!;
const problem = (code: string, ...pointers: string[]) =>
  expect.objectContaining({ code, errors: pointers.map((pointer) => expect.objectContaining({ pointer })) });
const waiting = async () => (await database.pool.query('SELECT 1 FROM outbox')).rowCount;
const snapshots = (appId: string) =>
  endpoints.withKey(appId).map(({ value }) => (value === null ? null : fromBinary(EndpointSnapshotSchema, value)));

beforeAll(async () => {
  const { kafkaBrokers } = await useStores(['kafka', 'postgres']);
  await createTopics();
  database = await createDatabase('registry');
  registry = await startRegistry({ databaseUrl: database.url, brokers: kafkaBrokers });
  endpoints = await readTopic(kafkaBrokers, TOPICS.endpoints);
  await database.pool.query('INSERT INTO partner (id, name, created_at) VALUES ($1, $1, now())', [partnerId]);
  await database.pool.query(
    `INSERT INTO event_type VALUES ('order.created', 'installed_merchants', 'orders.read', '', '{}', '{}', false, true)`,
  );
});

afterAll(async () => {
  await endpoints.stop();
  await registry.stop();
  await database.drop();
});

describe('an app', () => {
  it('is made with defaults, read and listed, newest first, by its tenant alone', async () => {
    const first = await createApp({ name: 'First' }, { mode: Mode.TEST });
    const second = await createApp({ name: 'Second', description: 'Two\nlines', permissions: { values: [orders] } }, { mode: Mode.TEST });
    expect(first).toMatchObject({ name: 'First', mode: Mode.TEST, partnerId, redirectUris: [], permissions: [], revision: 1n });
    expect(first.webhook).toBeUndefined();
    expect(first.clientId).not.toBe(second.clientId);
    const test = { partnerId, mode: Mode.TEST };
    expect(await getApp(second.id!, test)).toEqual(second);
    const page = await registry.apps.list(create(ListAppsRequestSchema, { tenant: test, page: { limit: 1 } }));
    expect(page.apps).toEqual([second]);
    const rest = await registry.apps.list(create(ListAppsRequestSchema, { tenant: test, page: { limit: 1, cursor: page.nextCursor! } }));
    expect(rest).toEqual({ apps: [first], nextCursor: '' });
  });

  it('announces its endpoint with defaults, every change of it, and a tombstone when it goes', async () => {
    const app = await createApp({ name: 'Ship It', webhookChange: webhook({ url }) });
    const defaults = {
      url,
      status: EndpointStatus.ENABLED,
      enabledEvents: ['*'],
      payloadStyle: PayloadStyle.FULL,
      maxConcurrency: 10,
      timeoutSeconds: 10,
    };
    expect(app.webhook).toMatchObject({ ...defaults, apiVersion: '2026-11-01', eventSources: [1, 2] });
    const limited = await updateApp(app.id!, { webhookChange: webhook({ rateLimit: { case: 'rateLimitPerMinute', value: 60 } }) });
    expect(limited).toMatchObject({ endpointCreated: false, app: { revision: 2n, webhook: { ...defaults, rateLimitPerMinute: 60 } } });
    await updateApp(app.id!, { name: 'Another name' });
    await updateApp(app.id!, { webhookChange: { case: 'removeWebhook', value: true } });
    const again = await updateApp(app.id!, { webhookChange: webhook({ url }) });
    expect(again.endpointCreated).toBe(true);
    await eventually(() => expect(snapshots(app.id!)).toHaveLength(4));
    expect(snapshots(app.id!)).toMatchObject([
      { ...defaults, appId: app.id, partnerId, mode: Mode.LIVE, revision: 1n },
      { rateLimitPerMinute: 60, revision: 2n },
      null,
      { ...defaults, revision: 4n },
    ]);
  });

  it('is not made twice by a repeat, nor taken from who has it', async () => {
    const app = await createApp({ name: 'Once' });
    expect(await createApp({ name: 'Twice' }, { appId: app.id! })).toEqual(app);
    await expect(createApp({ name: 'Mine' }, { appId: app.id!, mode: Mode.TEST })).rejects.toThrow(problem('not_found'));
  });

  it('is not there for other tenants', async () => {
    const { id } = await createApp({ name: 'Mine' });
    for (const other of [
      { partnerId, mode: Mode.TEST },
      { partnerId: newId('par'), mode: Mode.LIVE },
      { partnerId, mode: Mode.UNSPECIFIED },
    ]) {
      const request = { tenant: other, appId: id! };
      await expect(getApp(id!, other)).rejects.toThrow(problem('not_found'));
      await expect(registry.apps.update(create(UpdateAppRequestSchema, { ...request, app: {} }))).rejects.toThrow(problem('not_found'));
      await expect(registry.apps.delete(create(DeleteAppRequestSchema, request))).rejects.toThrow(problem('not_found'));
      await expect(registry.endpoints.pause(create(PauseEndpointRequestSchema, request))).rejects.toThrow(problem('not_found'));
    }
    expect((await getApp(id!)).name).toBe('Mine');
  });

  it('is the only one that is there for who holds a token of it', async () => {
    const [{ id }, { id: other }] = [await createApp({ name: 'Mine' }), await createApp({ name: 'Another' })];
    const own = { ...tenant, appId: id! };
    expect(await getApp(id!, own)).toMatchObject({ name: 'Mine' });
    expect((await registry.apps.list(create(ListAppsRequestSchema, { tenant: own, page: { limit: 10 } }))).apps).toMatchObject([{ id }]);
    await expect(getApp(other!, own)).rejects.toThrow(problem('not_found'));
    const request = { tenant: own, appId: other! };
    await expect(registry.apps.update(create(UpdateAppRequestSchema, { ...request, app: {} }))).rejects.toThrow(problem('not_found'));
    await expect(registry.apps.delete(create(DeleteAppRequestSchema, request))).rejects.toThrow(problem('not_found'));
    const more = create(CreateAppRequestSchema, { tenant: own, appId: newId('app'), app: { name: 'More' } });
    await expect(registry.apps.create(more)).rejects.toThrow(problem('not_found'));
  });

  it('is found by its client id, with its keys and who makes it, until it is deleted', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const keysOf = (key: KeyObject) => ({ case: 'jwksJson' as const, value: JSON.stringify({ keys: [key.export({ format: 'jwk' })] }) });
    const app = await createApp({ name: 'Ship It', jwksChange: keysOf(publicKey) });
    const client = async () => registry.apps.getClient(create(GetOAuthClientRequestSchema, { clientId: app.clientId! }));
    expect(await client()).toEqual({ app, partnerName: partnerId });
    expect(JSON.parse(app.jwksJson!)).toEqual({ keys: [publicKey.export({ format: 'jwk' })] });
    await expect(updateApp(app.id!, { jwksChange: keysOf(privateKey) })).rejects.toThrow(problem('invalid_jwks', '/jwks/keys/0'));
    expect((await updateApp(app.id!, { jwksChange: { case: 'removeJwks', value: true } })).app).toMatchObject({ jwksJson: '' });
    await registry.apps.delete(create(DeleteAppRequestSchema, { tenant, appId: app.id! }));
    await expect(client()).rejects.toThrow(problem('not_found'));
  });

  it('changes only at the revision that was asked for', async () => {
    const { id } = await createApp({ name: 'One' });
    await updateApp(id!, { name: 'Two' }, 1n);
    await expect(updateApp(id!, { name: 'Three' }, 1n)).rejects.toThrow(problem('precondition_failed'));
    expect(await getApp(id!)).toMatchObject({ name: 'Two', revision: 2n });
    expect((await updateApp(id!, { name: 'Two' }, 2n)).app).toMatchObject({ revision: 2n });
  });

  it.each<[string, string, Input]>([
    ['url_not_https', '/webhook/url', { webhookChange: webhook({ url: 'http://shipit.example/hooks' }) }],
    ['url_blocked', '/webhook/url', { webhookChange: webhook({ url: 'https://127.0.0.1/hooks' }) }],
    ['invalid_url', '/webhook/url', { webhookChange: webhook({ url: 'hooks' }) }],
    ['missing_field', '/webhook/url', { webhookChange: webhook({}) }],
    ['invalid_redirect_uri', '/redirect_uris/0', { redirectUris: { values: ['http://localhost/callback'] } }],
    ['unknown_event_type', '/webhook/enabled_events/0', { webhookChange: webhook({ url, enabledEvents: { values: ['order.crated'] } }) }],
    [
      'scope_not_granted_by_permissions',
      '/webhook/enabled_events/0',
      { webhookChange: webhook({ url, enabledEvents: { values: ['order.created'] } }) },
    ],
    ['invalid_field', '/webhook/max_concurrency', { webhookChange: webhook({ url, maxConcurrency: 101 }) }],
    ['invalid_field', '/webhook/timeout_seconds', { webhookChange: webhook({ url, timeoutSeconds: 31 }) }],
    [
      'invalid_field',
      '/webhook/rate_limit_per_minute',
      { webhookChange: webhook({ url, rateLimit: { case: 'rateLimitPerMinute', value: 0 } }) },
    ],
    ['invalid_field', '/webhook/event_sources', { webhookChange: webhook({ url, eventSources: { values: [] } }) }],
    ['invalid_field', '/webhook/status', { webhookChange: webhook({ url, status: EndpointStatus.PAUSED }) }],
    ['invalid_field', '/name', { name: 'a\u0000b' }],
  ])('is refused with %s at %s, and leaves nothing behind', async (code, pointer, input) => {
    const appId = newId('app');
    await expect(createApp({ name: 'Ship It', ...input }, { appId })).rejects.toThrow(problem(code, pointer));
    await expect(getApp(appId)).rejects.toThrow(problem('not_found'));
    expect(snapshots(appId)).toEqual([]);
  });

  it('names every wrong field at once', async () => {
    const input: Input = { name: 'x'.repeat(101), webhookChange: webhook({ url: 'https://10.0.0.1', timeoutSeconds: 0 }) };
    await expect(createApp(input)).rejects.toThrow(problem('validation_failed', '/name', '/webhook/url', '/webhook/timeout_seconds'));
  });

  it('may not lose a permission that a chosen event needs', async () => {
    const input: Input = {
      name: 'Ship It',
      permissions: { values: [orders] },
      webhookChange: webhook({ url, enabledEvents: { values: ['order.created'] } }),
    };
    const { id } = await createApp(input);
    await expect(updateApp(id!, { permissions: { values: [] } })).rejects.toThrow(
      problem('scope_not_granted_by_permissions', '/permissions'),
    );
    await updateApp(id!, { permissions: { values: [] }, webhookChange: webhook({ enabledEvents: { values: ['order.*'] } }) });
  });

  it('is gone after its deletion, with its endpoint and its installations', async () => {
    const { id } = await createApp({ name: 'Gone', webhookChange: webhook({ url }) });
    for (const merchantId of ['mer_1', 'mer_2'])
      await registry.installations.install(create(InstallRequestSchema, { appId: id!, merchantId }));
    const request = create(DeleteAppRequestSchema, { tenant, appId: id! });
    await registry.apps.delete(request);
    await expect(getApp(id!)).rejects.toThrow(problem('not_found'));
    await expect(registry.apps.delete(request)).rejects.toThrow(problem('not_found'));
    await expect(registry.installations.install(create(InstallRequestSchema, { appId: id!, merchantId: 'mer_3' }))).rejects.toThrow(
      problem('not_found'),
    );
    await expect(createApp({ name: 'Back' }, { appId: id! })).rejects.toThrow(problem('not_found'));
    await eventually(() => expect(snapshots(id!)).toMatchObject([{ revision: 1n }, null]));
    const { rows } = await database.pool.query('SELECT status, revoked_by FROM installation WHERE app_id = $1', [id]);
    expect(rows).toEqual([
      { status: 'revoked', revoked_by: 'partner' },
      { status: 'revoked', revoked_by: 'partner' },
    ]);
  });

  it('is deleted at once, however many installations have to end after it', async () => {
    const { id } = await createApp({ name: 'Popular' });
    await database.pool.query(
      `INSERT INTO installation (id, app_id, merchant_id, status, generation, granted_scopes, installed_by, installed_at, sequence, created_at)
       SELECT $1 || n, $1, 'mer_' || n, 'active', 1, '{}', '', now(), 1, now() FROM generate_series(1, 1200) AS n`,
      [id],
    );
    await registry.apps.delete(create(DeleteAppRequestSchema, { tenant, appId: id! }));
    await expect(getApp(id!)).rejects.toThrow(problem('not_found'));
    const ended = `SELECT count(DISTINCT i.id)::int AS ended FROM installation i JOIN transition t ON t.installation_id = i.id AND t.sequence = i.sequence
                   WHERE i.app_id = $1 AND i.status = 'revoked' AND i.sequence = 2`;
    await eventually(async () => expect((await database.pool.query(ended, [id])).rows).toEqual([{ ended: 1200 }]));
  });

  it('keeps its changes in order when they come all at once', async () => {
    const { id } = await createApp({ name: 'Busy', webhookChange: webhook({ url }) });
    await Promise.all(
      Array.from({ length: 10 }, (_item, index) => updateApp(id!, { webhookChange: webhook({ maxConcurrency: 20 + index }) })),
    );
    const revisions = await eventually(() => {
      expect(snapshots(id!)).toHaveLength(11);
      return snapshots(id!).map((snapshot) => Number(snapshot?.revision));
    });
    expect(revisions).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(snapshots(id!).at(-1)?.maxConcurrency).toBe((await getApp(id!)).webhook?.maxConcurrency);
    await eventually(async () => expect(await waiting()).toBe(0));
  });
});
