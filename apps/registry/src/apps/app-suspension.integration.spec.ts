import { create } from '@bufbuild/protobuf';
import {
  Actor,
  BeginConsentRequestSchema,
  CreateAppRequestSchema,
  decodeCloudEvent,
  DeleteAppRequestSchema,
  GetAppSuspensionRequestSchema,
  GetAppTenantRequestSchema,
  GetInstallationRequestSchema,
  InstallationStatus,
  InstallRequestSchema,
  ListAuditEntriesRequestSchema,
  Mode,
  newId,
  RevokeInstallationRequestSchema,
  SuspendAppRequestSchema,
  SuspendInstallationRequestSchema,
  TOPICS,
  UnsuspendAppRequestSchema,
  UnsuspendInstallationRequestSchema,
  UpdateAppRequestSchema,
} from '@hookwright/contracts';
import { createDatabase, createTopics, eventually, type TestDatabase, useStores } from '@hookwright/testkit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readTopic, type Registry, startRegistry, type TopicReader } from '../registry.fixture.ts';

const partnerId = newId('par');
const tenant = { partnerId, mode: Mode.LIVE };
const permission = { id: 'orders', title: 'See orders', scopes: ['orders.read'], optional: false };
const { ACTIVE, PENDING_PERMISSION_UPGRADE, REVOKED, SUSPENDED } = InstallationStatus;
let database: TestDatabase;
let brokers: readonly string[];
let registry: Registry;
let lifecycle: TopicReader;

beforeAll(async () => {
  ({ kafkaBrokers: brokers } = await useStores(['kafka', 'postgres']));
  await createTopics();
  database = await createDatabase('registry');
  registry = await startRegistry({ databaseUrl: database.url, brokers });
  lifecycle = await readTopic(brokers, TOPICS.lifecycle);
  await database.pool.query('INSERT INTO partner (id, name, created_at) VALUES ($1, $1, now())', [partnerId]);
});

afterAll(async () => {
  await lifecycle.stop();
  await registry.stop();
  await database.drop();
});

const createApp = async (): Promise<string> => {
  const request = { tenant, appId: newId('app'), app: { name: 'Ship It', permissions: { values: [permission] } } };
  return (await registry.apps.create(create(CreateAppRequestSchema, request))).app!.id!;
};
const install = async (appId: string, merchantId: string): Promise<string> => {
  const request = { appId, merchantId, scopes: ['orders.read'], actor: Actor.OPERATOR };
  return (await registry.installations.install(create(InstallRequestSchema, request))).installation!.id!;
};
const suspendApp = async (appId: string, reason = '') =>
  (await registry.apps.suspend(create(SuspendAppRequestSchema, { appId, reason }))).app!;
const unsuspendApp = async (appId: string) => (await registry.apps.unsuspend(create(UnsuspendAppRequestSchema, { appId }))).app!;
const get = async (appId: string, installationId: string) =>
  (await registry.installations.get(create(GetInstallationRequestSchema, { tenant, appId, installationId }))).installation!;
const ofInstallation = (appId: string, installationId: string) => ({ tenant, appId, installationId, actor: Actor.PARTNER, reason: '' });
const problem = (code: string) => expect.objectContaining({ code });
/** What its app is told of an installation: kind, actor and reason. */
const told = (appId: string, installationId: string) =>
  lifecycle.withKey(appId).flatMap((message) => {
    const decoded = decodeCloudEvent(message, 'appid');
    if (!decoded.ok) throw new Error(decoded.detail);
    const data = JSON.parse(decoded.data.toString()) as Record<string, unknown>;
    const { type } = decoded.event;
    return data['installation_id'] === installationId ? [[type.split('.').at(-1), data['actor'], data['reason']]] : [];
  });

describe('an app that the operator suspends', () => {
  it('has its installations suspended, tells why, and gets back those that were suspended with it and no others', async () => {
    const appId = await createApp();
    const [going, held, ended] = [await install(appId, 'mer_1'), await install(appId, 'mer_2'), await install(appId, 'mer_3')];
    await registry.installations.suspend(create(SuspendInstallationRequestSchema, ofInstallation(appId, held)));
    await registry.installations.revoke(create(RevokeInstallationRequestSchema, ofInstallation(appId, ended)));

    const first = await suspendApp(appId, 'abuse');
    expect(first.suspendedAtMs).toEqual(expect.any(BigInt));
    expect(await suspendApp(appId, 'again')).toEqual(first);
    expect(await get(appId, going)).toMatchObject({ status: SUSPENDED, suspendedWithApp: true, grantedScopes: ['orders.read'] });
    expect(await get(appId, held)).toMatchObject({ status: SUSPENDED, suspendedWithApp: false });
    expect(await get(appId, ended)).toMatchObject({ status: REVOKED });

    expect((await unsuspendApp(appId)).suspendedAtMs).toBeUndefined();
    await unsuspendApp(appId);
    expect(await get(appId, going)).toMatchObject({ status: ACTIVE, suspendedWithApp: false });
    expect(await get(appId, held)).toMatchObject({ status: SUSPENDED });
    await registry.installations.unsuspend(create(UnsuspendInstallationRequestSchema, ofInstallation(appId, held)));
    expect(await get(appId, held)).toMatchObject({ status: ACTIVE });
    await eventually(() =>
      expect(told(appId, going)).toEqual([
        ['created', 'operator', ''],
        ['suspended', 'operator', 'app suspended'],
        ['unsuspended', 'operator', 'app unsuspended'],
      ]),
    );
    const { entries } = await registry.audit.list(create(ListAuditEntriesRequestSchema, { tenant, appId, page: { limit: 100 } }));
    const ofApp = entries!.filter(({ action }) => /^app\.(un)?suspended$/.test(action!));
    expect(ofApp.map(({ action, details }) => [action, details])).toEqual([
      ['app.unsuspended', '{"reason":""}'],
      ['app.suspended', '{"reason":"abuse"}'],
    ]);
  });

  it('is installed by nobody, its partner neither holds nor frees installations meanwhile, and may end them', async () => {
    const appId = await createApp();
    const id = await install(appId, 'mer_1');
    await suspendApp(appId);
    await expect(install(appId, 'mer_2')).rejects.toThrow(problem('app_suspended'));
    await expect(install(appId, 'mer_1')).rejects.toThrow(problem('app_suspended'));
    const consent = create(BeginConsentRequestSchema, { appId, merchantId: 'mer_3' });
    await expect(registry.installations.beginConsent(consent)).rejects.toThrow(problem('app_suspended'));
    const holding = create(SuspendInstallationRequestSchema, ofInstallation(appId, id));
    await expect(registry.installations.suspend(holding)).rejects.toThrow(problem('app_suspended'));
    const freeing = create(UnsuspendInstallationRequestSchema, ofInstallation(appId, id));
    await expect(registry.installations.unsuspend(freeing)).rejects.toThrow(problem('app_suspended'));
    await registry.installations.revoke(create(RevokeInstallationRequestSchema, ofInstallation(appId, id)));
    await unsuspendApp(appId);
    expect(await get(appId, id)).toMatchObject({ status: REVOKED });
    expect(await install(appId, 'mer_1')).toBe(id);
    expect(await get(appId, id)).toMatchObject({ status: ACTIVE, generation: 2 });
  });

  it('that came to ask for more meanwhile has its installations wait for consent when it comes back', async () => {
    const appId = await createApp();
    const id = await install(appId, 'mer_1');
    await suspendApp(appId);
    const values = [{ ...permission, scopes: ['orders.read', 'orders.write'] }];
    await registry.apps.update(create(UpdateAppRequestSchema, { tenant, appId, app: { permissions: { values } } }));
    expect(await get(appId, id)).toMatchObject({ status: SUSPENDED });
    await unsuspendApp(appId);
    expect(await get(appId, id)).toMatchObject({ status: PENDING_PERMISSION_UPGRADE, grantedScopes: ['orders.read'] });
  });

  it('is found by whoever asks whether it is suspended, until it is deleted', async () => {
    const appId = await createApp();
    const ask = () => registry.apps.getSuspension(create(GetAppSuspensionRequestSchema, { appId }));
    expect(await ask()).toEqual({});
    const { suspendedAtMs } = await suspendApp(appId);
    expect(await ask()).toEqual({ suspendedAtMs });
    await registry.apps.delete(create(DeleteAppRequestSchema, { tenant, appId }));
    await expect(ask()).rejects.toThrow(problem('not_found'));
    await expect(suspendApp(appId)).rejects.toThrow(problem('not_found'));
  });

  it('is found by the operator with whose it is, until it is deleted', async () => {
    const appId = await createApp();
    const ask = () => registry.apps.getTenant(create(GetAppTenantRequestSchema, { appId }));
    expect(await ask()).toEqual({ tenant });
    await registry.apps.delete(create(DeleteAppRequestSchema, { tenant, appId }));
    await expect(ask()).rejects.toThrow(problem('not_found'));
  });

  it('is suspended with all installations, however many, also by the next process where one died', async () => {
    const appId = await createApp();
    await database.pool.query(
      `INSERT INTO installation (id, app_id, merchant_id, status, generation, granted_scopes, installed_by, installed_at, sequence, created_at)
       SELECT 'ins_many_' || n, $1, 'mer_many_' || n, (CASE WHEN n % 10 = 0 THEN 'suspended' ELSE 'active' END)::installation_status,
         1, '{orders.read}', 'spec', now(), 1, now() FROM generate_series(1, 1300) AS n`,
      [appId],
    );
    const count = async (status: string, sequence: number): Promise<number> => {
      const text =
        'SELECT count(*)::int AS count FROM installation WHERE app_id = $1 AND status = $2::installation_status AND sequence = $3';
      return (await database.pool.query<{ count: number }>(text, [appId, status, sequence])).rows[0]!.count;
    };
    await suspendApp(appId);
    expect(await count('suspended', 2)).toBeGreaterThanOrEqual(500);
    await eventually(async () => expect(await count('suspended', 2)).toBe(1170));
    await unsuspendApp(appId);
    await eventually(async () => expect(await count('active', 3)).toBe(1170));
    expect(await count('suspended', 1)).toBe(130);

    // What a process that died after its first transaction leaves behind.
    await database.pool.query('UPDATE app SET suspended_at = now(), suspension_applied = false WHERE id = $1', [appId]);
    const next = await startRegistry({ databaseUrl: database.url, brokers });
    await eventually(async () => expect(await count('suspended', 4)).toBe(1170));
    await next.stop();
    expect(await count('suspended', 1)).toBe(130);
  });
});
