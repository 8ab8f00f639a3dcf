import { create } from '@bufbuild/protobuf';
import {
  Actor,
  CreateAppRequestSchema,
  decodeCloudEvent,
  DeleteAppRequestSchema,
  InstallRequestSchema,
  Mode,
  newId,
  RevokeInstallationRequestSchema,
  TOPICS,
} from '@hookwright/contracts';
import { createDatabase, createTopics, eventually, type TestDatabase, useStores } from '@hookwright/testkit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { register } from 'prom-client';
import { readTopic, type Registry, startRegistry, type TopicReader } from '../registry.fixture.ts';

const HOURS_48_MS = 48 * 3_600_000;
const partnerId = newId('par');
const tenant = { partnerId, mode: Mode.TEST };
let database: TestDatabase;
let registry: Registry;
let lifecycle: TopicReader;

beforeAll(async () => {
  const { kafkaBrokers } = await useStores(['kafka', 'postgres']);
  await createTopics();
  database = await createDatabase('registry');
  registry = await startRegistry({ databaseUrl: database.url, brokers: kafkaBrokers });
  lifecycle = await readTopic(kafkaBrokers, TOPICS.lifecycle);
  await database.pool.query('INSERT INTO partner (id, name, created_at) VALUES ($1, $1, now())', [partnerId]);
});

afterAll(async () => {
  await lifecycle.stop();
  await registry.stop();
  await database.drop();
});

const createApp = async (): Promise<string> =>
  (await registry.apps.create(create(CreateAppRequestSchema, { tenant, appId: newId('app'), app: { name: 'Ship It' } }))).app!.id!;
const install = async (appId: string): Promise<string> => {
  const request = { appId, merchantId: 'mer_1', actor: Actor.OPERATOR };
  return (await registry.installations.install(create(InstallRequestSchema, request))).installation!.id!;
};
const revoke = (appId: string, installationId: string) =>
  registry.installations.revoke(create(RevokeInstallationRequestSchema, { tenant, appId, installationId, actor: Actor.MERCHANT }));
const dueIn = async (installationId: string): Promise<number | undefined> => {
  const text = 'SELECT extract(epoch FROM due_at - now())::float8 * 1000 AS ms FROM redaction WHERE installation_id = $1';
  return (await database.pool.query<{ ms: number }>(text, [installationId])).rows[0]?.ms;
};
/** The 48 hours are over. */
const hoursPass = (installationId: string) =>
  database.pool.query('UPDATE redaction SET due_at = now() WHERE installation_id = $1', [installationId]);
const told = (appId: string) =>
  lifecycle.withKey(appId).map((message) => {
    const decoded = decodeCloudEvent(message, 'appid');
    if (!decoded.ok) throw new Error(decoded.detail);
    return { ...decoded.event, data: JSON.parse(decoded.data.toString()) as Record<string, unknown> };
  });
const typesTold = (appId: string) => told(appId).map(({ type }) => type.replace('partner_app.', ''));

describe('what an app has of a merchant', () => {
  it('is to be erased 48 hours after the installation ended, and it is told so once, with the next number', async () => {
    const appId = await createApp();
    const id = await install(appId);
    expect(await dueIn(id)).toBeUndefined();
    await revoke(appId, id);
    expect(Math.abs((await dueIn(id))! - HOURS_48_MS)).toBeLessThan(60_000);
    await hoursPass(id);
    await eventually(() => expect(typesTold(appId)).toEqual(['install.created', 'install.revoked', 'merchant.redact']));
    const redact = told(appId)[2];
    expect(redact).toMatchObject({ id: `${id}.3`, sequence: '000000000003', merchantId: 'mer_1', mode: 'test' });
    expect(redact?.data).toEqual({
      partner_app_id: appId,
      installation_id: id,
      merchant_id: 'mer_1',
      status: 'revoked',
      previous_status: 'revoked',
      granted_scopes: [],
      previous_scopes: [],
      generation: 1,
      actor: 'merchant',
      reason: '',
      occurred_at: expect.any(String),
    });
    expect(await dueIn(id)).toBeUndefined();
    await install(appId);
    await eventually(() => expect(told(appId).at(-1)).toMatchObject({ id: `${id}.4`, type: 'partner_app.install.created' }));
  });

  it('stays when the merchant has installed it again meanwhile', async () => {
    const appId = await createApp();
    const id = await install(appId);
    await revoke(appId, id);
    await install(appId);
    expect(await dueIn(id)).toBeUndefined();
  });

  it('stays when a version that knew nothing of redactions has installed the app again', async () => {
    const [appId, witness] = [await createApp(), await createApp()];
    const [id, other] = [await install(appId), await install(witness)];
    await revoke(appId, id);
    await database.pool.query("UPDATE installation SET status = 'active', generation = 2, sequence = 3 WHERE id = $1", [id]);
    await hoursPass(id);
    await eventually(async () => expect(await dueIn(id)).toBeUndefined());
    await revoke(witness, other);
    await hoursPass(other);
    await eventually(() => expect(typesTold(witness)).toContain('merchant.redact'));
    expect(typesTold(appId)).toEqual(['install.created', 'install.revoked']);
  });

  it('shows in the metrics how late it is while it cannot be told', async () => {
    const appId = await createApp();
    const id = await install(appId);
    await revoke(appId, id);
    const holder = await database.pool.connect();
    try {
      await holder.query('BEGIN');
      // Whoever tells leaves locked installations to others.
      await holder.query('SELECT 1 FROM installation WHERE id = $1 FOR UPDATE', [id]);
      await database.pool.query("UPDATE redaction SET due_at = now() - interval '1 hour' WHERE installation_id = $1", [id]);
      expect(await register.getSingleMetricAsString('hookwright_redaction_delay_seconds')).toMatch(/seconds 36\d\d/m);
    } finally {
      await holder.query('ROLLBACK');
      holder.release();
    }
    await eventually(() => expect(typesTold(appId)).toContain('merchant.redact'));
    expect(await register.getSingleMetricAsString('hookwright_redaction_delay_seconds')).toMatch(/seconds 0$/m);
  });

  it('is told to nobody when the app is gone', async () => {
    const [appId, witness] = [await createApp(), await createApp()];
    const [id, other] = [await install(appId), await install(witness)];
    await registry.apps.delete(create(DeleteAppRequestSchema, { tenant, appId }));
    await revoke(witness, other);
    await hoursPass(id);
    await eventually(async () => expect(await dueIn(id)).toBeUndefined());
    await hoursPass(other);
    await eventually(() => expect(typesTold(witness)).toContain('merchant.redact'));
    expect(typesTold(appId)).toEqual(['install.created', 'install.revoked']);
  });
});
