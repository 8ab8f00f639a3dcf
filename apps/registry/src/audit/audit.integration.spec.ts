import { create, type DescMessage, type Message, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import {
  Actor,
  type AppInputSchema,
  type AuditEntry,
  AuditEntrySchema,
  CreateAppRequestSchema,
  DeleteAppRequestSchema,
  InstallRequestSchema,
  ListAuditEntriesRequestSchema,
  Mode,
  newId,
  PauseEndpointRequestSchema,
  RecordAuditEntriesRequestSchema,
  RevokeInstallationRequestSchema,
  TOPICS,
  UpdateAppRequestSchema,
} from '@hookwright/contracts';
import { createKafka, KafkaProducer } from '@hookwright/kafka';
import { createLogger, withActor } from '@hookwright/runtime';
import { createDatabase, createTopics, eventually, type TestDatabase, useStores } from '@hookwright/testkit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Registry, startRegistry } from '../registry.fixture.ts';

type Init<Schema extends DescMessage> = Exclude<MessageInitShape<Schema>, Message>;

const partnerId = newId('par');
const tenant = { partnerId, mode: Mode.LIVE };
const permissions = { values: [{ id: 'orders', title: 'See orders', scopes: ['orders.read'], optional: false }] };
const url = 'https://93.184.215.14/hooks?token=secret';
let database: TestDatabase;
let registry: Registry;
let producer: KafkaProducer;

const byPartner = <Result>(work: () => Result): Result => withActor({ kind: 'partner', id: 'key_1', requestId: 'req_1' }, work);
const createApp = async (app: Init<typeof AppInputSchema> = {}): Promise<string> => {
  const request = { tenant, appId: newId('app'), app: { name: 'Ship It', permissions, ...app } };
  return (await byPartner(() => registry.apps.create(create(CreateAppRequestSchema, request)))).app!.id!;
};
const update = (appId: string, app: MessageInitShape<typeof AppInputSchema>, ifRevision?: bigint) =>
  byPartner(() =>
    registry.apps.update(create(UpdateAppRequestSchema, { tenant, appId, app, ...(ifRevision !== undefined && { ifRevision }) })),
  );
const list = async (appId: string, page = { limit: 100, cursor: '' }, of = tenant) =>
  registry.audit.list(create(ListAuditEntriesRequestSchema, { tenant: of, appId, page }));
/** Oldest first. */
const actions = async (appId: string) => (await list(appId)).entries!.map(({ action }) => action).reverse();
const entry = (change: Init<typeof AuditEntrySchema> & { appId: string }): AuditEntry =>
  create(AuditEntrySchema, {
    id: newId('aud'),
    atMs: BigInt(Date.now()),
    actorKind: 'partner',
    details: '{}',
    action: 'secret.rotated',
    ...change,
  });

beforeAll(async () => {
  const { kafkaBrokers: brokers } = await useStores(['kafka', 'postgres']);
  await createTopics();
  database = await createDatabase('registry');
  registry = await startRegistry({ databaseUrl: database.url, brokers, auditEntries: true });
  producer = new KafkaProducer(createKafka({ clientId: 'spec', brokers, logger: createLogger('spec', 'fatal') }));
  await database.pool.query('INSERT INTO partner (id, name, created_at) VALUES ($1, $1, now())', [partnerId]);
});

afterAll(async () => {
  await producer.close();
  await registry.stop();
  await database.drop();
});

describe("an app's audit log", () => {
  it('has each change once, with who made it and what it was', async () => {
    const appId = await createApp({ webhookChange: { case: 'webhook', value: { url } } });
    await update(appId, { name: 'New', webhookChange: { case: 'webhook', value: { url: `${url}2` } } });
    await withActor({ kind: 'partner', id: 'key_2', requestId: 'req_2' }, () =>
      registry.endpoints.pause(create(PauseEndpointRequestSchema, { tenant, appId })),
    );
    const install = { appId, merchantId: 'mer_1', scopes: ['orders.read'], actor: Actor.OPERATOR };
    const { installation } = await withActor({ kind: 'operator', id: 'operator', requestId: 'req_3' }, () =>
      registry.installations.install(create(InstallRequestSchema, install)),
    );
    const { entries } = await list(appId);
    expect(entries).toMatchObject([
      { actorKind: 'operator', requestId: 'req_3', action: 'installation.created', target: installation!.id },
      { actorKind: 'partner', actorId: 'key_2', requestId: 'req_2', action: 'endpoint.paused', target: appId },
      { actorKind: 'partner', actorId: 'key_1', requestId: 'req_1', action: 'app.updated', details: '{"changed":["name","webhook.url"]}' },
      { actorKind: 'partner', actorId: 'key_1', action: 'app.created', details: '{"mode":"live","webhook":true}' },
    ]);
    expect(JSON.parse(entries![0]!.details!)).toEqual({ merchant_id: 'mer_1', generation: 1, granted_scopes: ['orders.read'], reason: '' });
    expect(JSON.stringify(entries!.map(({ details }) => details))).not.toContain('token');
  });

  it('has nothing of what changed nothing, was refused, or was done before', async () => {
    const appId = await createApp();
    await update(appId, { name: 'Ship It' });
    await expect(update(appId, { name: 'Other' }, 99n)).rejects.toMatchObject({ code: 'precondition_failed' });
    await expect(update(appId, { name: '' })).rejects.toMatchObject({ code: 'missing_field' });
    const request = { tenant, appId, app: { name: 'Ship It' } };
    await registry.apps.create(create(CreateAppRequestSchema, request));
    const install = create(InstallRequestSchema, { appId, merchantId: 'mer_1', scopes: ['orders.read'] });
    const { installation } = await registry.installations.install(install);
    await registry.installations.install(install);
    const revoke = create(RevokeInstallationRequestSchema, { tenant, appId, installationId: installation!.id!, actor: Actor.PARTNER });
    await registry.installations.revoke(revoke);
    await registry.installations.revoke(revoke);
    expect(await actions(appId)).toEqual(['app.created', 'installation.created', 'installation.revoked']);
  });

  it('is cut into pages, and shown to its own tenant only', async () => {
    const appId = await createApp();
    for (const name of ['A', 'B', 'C', 'D']) await update(appId, { name });
    const first = await list(appId, { limit: 3, cursor: '' });
    const second = await list(appId, { limit: 3, cursor: first.nextCursor! });
    expect([first.entries!.length, second.entries!.length, second.nextCursor]).toEqual([3, 2, '']);
    expect(new Set([...first.entries!, ...second.entries!].map(({ id }) => id)).size).toBe(5);
    for (const of of [
      { partnerId: newId('par'), mode: Mode.LIVE },
      { partnerId, mode: Mode.TEST },
    ]) {
      await expect(list(appId, { limit: 3, cursor: '' }, of)).rejects.toMatchObject({ code: 'not_found' });
    }
  });

  it("outlives its app, which nobody's is any more", async () => {
    const appId = await createApp();
    await byPartner(() => registry.apps.delete(create(DeleteAppRequestSchema, { tenant, appId })));
    await expect(list(appId)).rejects.toMatchObject({ code: 'not_found' });
    const { rows } = await database.pool.query('SELECT action FROM audit_entry WHERE app_id = $1 ORDER BY id', [appId]);
    expect(rows).toEqual([{ action: 'app.created' }, { action: 'app.deleted' }]);
  });

  it('takes in what others changed, once, from Kafka and from the gateway', async () => {
    const appId = await createApp();
    const rotated = entry({ appId });
    const value = Buffer.from(toBinary(AuditEntrySchema, rotated));
    const unreadable = [Buffer.from('nonsense'), Buffer.from(toBinary(AuditEntrySchema, entry({ appId, id: 'none' }))), null];
    const marker = Buffer.from(toBinary(AuditEntrySchema, entry({ appId, action: 'secret.revoked', atMs: rotated.atMs + 1n })));
    const messages = [...unreadable, value, value, marker].map((each) => ({ key: appId, value: each }));
    await producer.send([{ topic: TOPICS.audit, messages }]);
    await eventually(async () => expect(await actions(appId)).toEqual(['app.created', 'secret.rotated', 'secret.revoked']));

    const handed = create(RecordAuditEntriesRequestSchema, { entries: [rotated, entry({ appId, action: 'client_secret.rotated' })] });
    await registry.audit.record(handed);
    await registry.audit.record(handed);
    expect(await actions(appId)).toHaveLength(4);
  });

  it.each<[string, Init<typeof AuditEntrySchema>]>([
    ['another id', { id: 'key_1' }],
    ['no app', { appId: '' }],
    ['a time before all', { atMs: -1n }],
    ['a text that is too long', { action: 'x'.repeat(201) }],
    ['details that are none', { details: '[]' }],
    ['details that are too long', { details: JSON.stringify({ a: 'x'.repeat(5000) }) }],
  ])('takes no entry with %s', async (_what, change) => {
    const request = create(RecordAuditEntriesRequestSchema, { entries: [entry({ appId: 'app_1', ...change })] });
    await expect(registry.audit.record(request)).rejects.toMatchObject({ code: 'invalid_field' });
  });

  it('is kept for 400 days', async () => {
    const appId = await createApp();
    const daysAgo = (days: number): bigint => BigInt(Date.now() - days * 86_400_000);
    const entries = [entry({ appId, atMs: daysAgo(399) }), entry({ appId, atMs: daysAgo(401), action: 'secret.revoked' })];
    await registry.audit.record(create(RecordAuditEntriesRequestSchema, { entries }));
    await registry.auditSweep.sweep();
    expect((await actions(appId)).sort()).toEqual(['app.created', 'secret.rotated']);
  });
});
