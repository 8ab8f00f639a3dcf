import { create, fromBinary } from '@bufbuild/protobuf';
import {
  Actor,
  BeginConsentRequestSchema,
  CreateAppRequestSchema,
  decodeCloudEvent,
  DeleteAppRequestSchema,
  GetInstallationRequestSchema,
  InstallationSnapshotSchema,
  InstallationStatus,
  InstallRequestSchema,
  ListInstallationHistoryRequestSchema,
  ListInstallationsRequestSchema,
  Mode,
  newId,
  RevokeInstallationRequestSchema,
  SuspendInstallationRequestSchema,
  TOPICS,
  UnsuspendInstallationRequestSchema,
  UpdateAppRequestSchema,
} from '@hookwright/contracts';
import { createDatabase, createTopics, eventually, type TestDatabase, useStores } from '@hookwright/testkit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readTopic, type Registry, startRegistry, type TopicReader } from '../registry.fixture.ts';

const partnerId = newId('par');
const tenant = { partnerId, mode: Mode.LIVE };
const permissions = [
  { id: 'orders', title: 'See orders', scopes: ['orders.read'], optional: false },
  { id: 'money', title: 'See money', scopes: ['payments.read', 'refunds.read'], optional: true },
];
const { ACTIVE, PENDING_CONSENT, PENDING_PERMISSION_UPGRADE, REVOKED, SUSPENDED } = InstallationStatus;
let database: TestDatabase;
let brokers: readonly string[];
let registry: Registry;
let lifecycle: TopicReader;
let snapshots: TopicReader;

const createApp = async (): Promise<string> => {
  const request = { tenant, appId: newId('app'), app: { name: 'Ship It', permissions: { values: permissions } } };
  return (await registry.apps.create(create(CreateAppRequestSchema, request))).app!.id!;
};
const install = async (appId: string, merchantId: string, scopes = ['orders.read']) => {
  const request = { appId, merchantId, scopes, actor: Actor.OPERATOR, installedBy: 'consent page' };
  const { installation, created } = await registry.installations.install(create(InstallRequestSchema, request));
  return { ...installation!, id: installation!.id!, created };
};
const beginConsent = async (appId: string, merchantId: string) =>
  (await registry.installations.beginConsent(create(BeginConsentRequestSchema, { appId, merchantId }))).installation!;
const agree = async (appId: string, merchantId: string, chosen: string[], permissionRevision: bigint) => {
  const consent = { permissions: chosen, permissionRevision };
  const request = { appId, merchantId, actor: Actor.MERCHANT, installedBy: 'user-7', consent };
  return (await registry.installations.install(create(InstallRequestSchema, request))).installation!;
};
const revoke = async (appId: string, installationId: string, reason = '') => {
  const request = { tenant, appId, installationId, actor: Actor.PARTNER, reason };
  return (await registry.installations.revoke(create(RevokeInstallationRequestSchema, request))).installation!;
};
const suspend = async (appId: string, installationId: string, reason = '') => {
  const request = { tenant, appId, installationId, actor: Actor.PARTNER, reason };
  return (await registry.installations.suspend(create(SuspendInstallationRequestSchema, request))).installation!;
};
const unsuspend = async (appId: string, installationId: string) => {
  const request = { tenant, appId, installationId, actor: Actor.OPERATOR, reason: '' };
  return (await registry.installations.unsuspend(create(UnsuspendInstallationRequestSchema, request))).installation!;
};
const patchPermissions = (appId: string, values: typeof permissions) =>
  registry.apps.update(create(UpdateAppRequestSchema, { tenant, appId, app: { permissions: { values } } }));
const get = async (appId: string, installationId: string) =>
  (await registry.installations.get(create(GetInstallationRequestSchema, { tenant, appId, installationId }))).installation!;
const problem = (code: string, ...pointers: string[]) =>
  expect.objectContaining({ code, errors: pointers.map((pointer) => expect.objectContaining({ pointer })) });
const count = async (table: 'installation' | 'transition' | 'outbox') => (await database.pool.query(`SELECT 1 FROM ${table}`)).rowCount;

/** The app's lifecycle events in the order of the topic, as ingest would read them. */
const events = (appId: string) =>
  lifecycle.withKey(appId).map((message) => {
    const decoded = decodeCloudEvent(message, 'appid');
    if (!decoded.ok) throw new Error(decoded.detail);
    return { ...decoded.event, data: JSON.parse(decoded.data.toString()) as Record<string, unknown> };
  });
const eventsOf = (appId: string, number: number) =>
  eventually(() => {
    expect(events(appId)).toHaveLength(number);
    return events(appId);
  });

beforeAll(async () => {
  const { kafkaBrokers } = await useStores(['kafka', 'postgres']);
  brokers = kafkaBrokers;
  await createTopics();
  database = await createDatabase('registry');
  registry = await startRegistry({ databaseUrl: database.url, brokers: kafkaBrokers });
  lifecycle = await readTopic(kafkaBrokers, TOPICS.lifecycle);
  snapshots = await readTopic(kafkaBrokers, TOPICS.installations);
  await database.pool.query('INSERT INTO partner (id, name, created_at) VALUES ($1, $1, now())', [partnerId]);
});

afterAll(async () => {
  await lifecycle.stop();
  await snapshots.stop();
  await registry.stop();
  await database.drop();
});

describe('an installation', () => {
  it('tells its whole life in order: installed, other scopes, revoked, installed again', async () => {
    const appId = await createApp();
    const first = await install(appId, 'mer_1');
    expect(first).toMatchObject({
      created: true,
      status: ACTIVE,
      generation: 1,
      grantedPermissions: ['orders'],
      installedBy: 'consent page',
    });
    const wider = await install(appId, 'mer_1', ['orders.read', 'payments.read', 'refunds.read']);
    expect(wider).toMatchObject({ id: first.id, created: false, generation: 1, grantedPermissions: ['orders', 'money'] });
    const revoked = await revoke(appId, first.id, 'not needed');
    expect(revoked).toMatchObject({ status: REVOKED, grantedScopes: [], revokedBy: Actor.PARTNER, revokedAtMs: expect.any(BigInt) });
    expect(await install(appId, 'mer_1')).toMatchObject({ id: first.id, created: true, status: ACTIVE, generation: 2 });

    const told = await eventsOf(appId, 4);
    expect(told.map(({ type }) => type.replace('partner_app.install.', ''))).toEqual([
      'created',
      'permissions_updated',
      'revoked',
      'created',
    ]);
    expect(told.map(({ id, sequence }) => [id, sequence])).toEqual([1, 2, 3, 4].map((n) => [`${first.id}.${n}`, `00000000000${n}`]));
    expect(told[2]).toMatchObject({ source: '/hookwright/registry', merchantId: 'mer_1', mode: 'live' });
    expect(told[2]?.extensions).toMatchObject({ appid: appId, installationid: first.id, generation: '1' });
    expect(told[2]?.data).toEqual({
      partner_app_id: appId,
      installation_id: first.id,
      merchant_id: 'mer_1',
      status: 'revoked',
      previous_status: 'active',
      granted_scopes: [],
      previous_scopes: ['orders.read', 'payments.read', 'refunds.read'],
      generation: 1,
      actor: 'partner',
      reason: 'not needed',
      occurred_at: new Date(Number(revoked.revokedAtMs)).toISOString(),
    });
    expect(told[3]).toMatchObject({ extensions: { generation: '2' }, data: { previous_status: 'revoked', previous_scopes: [] } });

    await eventually(() => expect(snapshots.withKey(first.id)).toHaveLength(4));
    const states = snapshots.withKey(first.id).map(({ value }) => fromBinary(InstallationSnapshotSchema, value!));
    expect(states.map(({ status, generation }) => [status, generation])).toEqual([
      [ACTIVE, 1],
      [ACTIVE, 1],
      [REVOKED, 1],
      [ACTIVE, 2],
    ]);
    expect(states[1]).toMatchObject({ appId, merchantId: 'mer_1', grantedScopes: ['orders.read', 'payments.read', 'refunds.read'] });
  });

  it('tells that it was suspended and came back, each once, with who and why, and keeps its scopes and its generation', async () => {
    const appId = await createApp();
    const { id } = await install(appId, 'mer_held');
    for (let n = 0; n < 2; n++) {
      expect(await suspend(appId, id, 'a dispute')).toMatchObject({ status: SUSPENDED, grantedScopes: ['orders.read'], generation: 1 });
    }
    for (let n = 0; n < 2; n++) expect(await unsuspend(appId, id)).toMatchObject({ status: ACTIVE, grantedScopes: ['orders.read'] });

    const told = await eventsOf(appId, 3);
    expect(told.map(({ type }) => type)).toEqual(['created', 'suspended', 'unsuspended'].map((kind) => `partner_app.install.${kind}`));
    expect(told[1]?.data).toMatchObject({ status: 'suspended', previous_status: 'active', actor: 'partner', reason: 'a dispute' });
    expect(told[2]?.data).toMatchObject({ status: 'active', previous_status: 'suspended', actor: 'operator', reason: '' });
    await eventually(() => expect(snapshots.withKey(id)).toHaveLength(3));
    const states = snapshots.withKey(id).map(({ value }) => fromBinary(InstallationSnapshotSchema, value!).status);
    expect(states).toEqual([ACTIVE, SUSPENDED, ACTIVE]);

    await revoke(appId, id);
    await expect(suspend(appId, id)).rejects.toThrow(problem('installation_not_active'));
    await expect(unsuspend(appId, id)).rejects.toThrow(problem('installation_not_active'));
  });

  it('asks for consent when its app asks for more, keeps what it has, and needs none when that is taken back', async () => {
    const appId = await createApp();
    const { id } = await install(appId, 'mer_asked');
    const declined = await install(appId, 'mer_held');
    await suspend(appId, declined.id);
    const [orders, money] = permissions;
    await patchPermissions(appId, [orders!, { ...money!, optional: false }]);
    expect(await get(appId, id)).toMatchObject({ status: PENDING_PERMISSION_UPGRADE, grantedScopes: ['orders.read'] });
    expect(await get(appId, declined.id)).toMatchObject({ status: SUSPENDED });
    expect(await unsuspend(appId, declined.id)).toMatchObject({ status: PENDING_PERMISSION_UPGRADE });
    await patchPermissions(appId, [{ ...orders!, title: 'Look at orders' }, money!]);
    expect(await get(appId, id)).toMatchObject({ status: ACTIVE });
    await patchPermissions(appId, [{ ...orders!, scopes: ['orders.read', 'orders.write'] }]);
    expect(await install(appId, 'mer_asked', ['orders.read', 'orders.write'])).toMatchObject({ status: ACTIVE, created: false });

    const told = (await eventsOf(appId, 10)).filter(({ merchantId }) => merchantId === 'mer_asked');
    expect(told.map(({ type, data }) => [type.replace('partner_app.install.', ''), data['status'], data['actor'], data['reason']])).toEqual(
      [
        ['created', 'active', 'operator', ''],
        ['updated', 'pending_permission_upgrade', 'partner', 'permissions widened'],
        ['updated', 'active', 'partner', 'permissions narrowed'],
        ['updated', 'pending_permission_upgrade', 'partner', 'permissions widened'],
        ['permissions_updated', 'active', 'operator', ''],
      ],
    );
  });

  it('is asked again however many there are, also by the next process where one died', async () => {
    const appId = await createApp();
    await database.pool.query(
      `INSERT INTO installation (id, app_id, merchant_id, status, generation, granted_scopes, installed_by, installed_at, sequence, created_at)
       SELECT 'ins_many_' || n, $1, 'mer_many_' || n, 'active', 1, '{orders.read}', 'spec', now(), 1, now() FROM generate_series(1, 1200) AS n`,
      [appId],
    );
    const waiting = async () => {
      const { rows } = await database.pool.query<{ count: number }>(
        `SELECT count(*)::int AS count FROM installation WHERE app_id = $1 AND status = 'pending_permission_upgrade' AND sequence = 2`,
        [appId],
      );
      return rows[0]!.count;
    };
    await patchPermissions(
      appId,
      permissions.map((permission) => ({ ...permission, optional: false })),
    );
    expect(await waiting()).toBeGreaterThanOrEqual(500);
    await eventually(async () => expect(await waiting()).toBe(1200));

    // What a process that died after its first transaction leaves behind.
    await database.pool.query(`UPDATE installation SET status = 'active', permission_revision = 0, sequence = 1 WHERE app_id = $1`, [
      appId,
    ]);
    await database.pool.query('DELETE FROM transition WHERE installation_id IN (SELECT id FROM installation WHERE app_id = $1)', [appId]);
    await database.pool.query(`UPDATE app SET permission_applied = 0 WHERE id = $1`, [appId]);
    const next = await startRegistry({ databaseUrl: database.url, brokers });
    await eventually(async () => expect(await waiting()).toBe(1200));
    await next.stop();
  });

  it('says until when its app waits to be told, if the app chose that when it was installed', async () => {
    const url = 'https://shipit.example/hooks';
    const appWith = async (...enabledEvents: string[]) => {
      const webhookChange = { case: 'webhook' as const, value: { url, enabledEvents: { values: enabledEvents } } };
      const request = { tenant, appId: newId('app'), app: { name: 'Ship It', permissions: { values: permissions }, webhookChange } };
      return (await registry.apps.create(create(CreateAppRequestSchema, request))).app!.id!;
    };
    const toldOf = (id: string, count: number) =>
      eventually(() => {
        const states = snapshots.withKey(id).map(({ value }) => fromBinary(InstallationSnapshotSchema, value!).createdEventAtMs);
        expect(states).toHaveLength(count);
        return states;
      });
    const [told, untold] = [await appWith('*'), await appWith('partner_app.install.revoked')];
    const first = await install(told, 'mer_told');
    await install(told, 'mer_told', ['orders.read', 'payments.read']);
    await revoke(told, first.id);
    const again = await install(told, 'mer_told');
    expect(await toldOf(first.id, 4)).toEqual([...Array.from({ length: 3 }, () => first.installedAtMs), again.installedAtMs]);
    expect(again.installedAtMs).toBeGreaterThan(first.installedAtMs!);

    const { id } = await install(untold, 'mer_untold');
    await registry.apps.update(
      create(UpdateAppRequestSchema, {
        tenant,
        appId: untold,
        app: { webhookChange: { case: 'webhook', value: { enabledEvents: { values: ['*'] } } } },
      }),
    );
    await suspend(untold, id);
    expect(await toldOf(id, 2)).toEqual([0n, 0n]);
  });

  it('waits for a consent without telling anybody, and counts from 1 when it comes', async () => {
    const appId = await createApp();
    const asked = await Promise.all(Array.from({ length: 4 }, () => beginConsent(appId, 'mer_new')));
    expect(new Set(asked.map(({ id }) => id)).size).toBe(1);
    expect(asked[0]).toMatchObject({ status: PENDING_CONSENT, sequence: 0, grantedScopes: [] });
    await expect(revoke(appId, asked[0]!.id!)).rejects.toThrow(problem('installation_not_active'));
    const agreed = await agree(appId, 'mer_new', [], 1n);
    expect(agreed).toMatchObject({
      id: asked[0]!.id,
      status: ACTIVE,
      generation: 1,
      sequence: 1,
      grantedPermissions: ['orders'],
      installedBy: 'user-7',
    });
    expect(await beginConsent(appId, 'mer_new')).toEqual(agreed);
    const told = await eventsOf(appId, 1);
    expect(told[0]).toMatchObject({
      type: 'partner_app.install.created',
      sequence: '000000000001',
      data: { previous_status: 'pending_consent', actor: 'merchant' },
    });
    const history = await registry.installations.history(
      create(ListInstallationHistoryRequestSchema, { tenant, appId, installationId: agreed.id!, page: { limit: 10 } }),
    );
    expect(history.transitions?.map(({ status, previousStatus }) => [previousStatus, status])).toEqual([
      [PENDING_CONSENT, ACTIVE],
      [0, PENDING_CONSENT],
    ]);
    await expect(beginConsent(newId('app'), 'mer_new')).rejects.toThrow(problem('not_found'));
    await expect(beginConsent(appId, 'mer/1')).rejects.toThrow(problem('invalid_field', '/merchant_id'));
  });

  it('that nobody agreed to goes after a day, or with its app, and nobody hears of it', async () => {
    const [appId, deleted] = [await createApp(), await createApp()];
    const waiting = await beginConsent(appId, 'mer_away');
    const soon = await beginConsent(appId, 'mer_slow');
    const gone = await beginConsent(deleted, 'mer_away');
    await registry.apps.delete(create(DeleteAppRequestSchema, { tenant, appId: deleted }));
    await database.pool.query(`UPDATE installation SET created_at = now() - interval '25 hours' WHERE id = $1`, [waiting.id]);
    await registry.abandonedConsents.sweep();
    const { rows } = await database.pool.query('SELECT id FROM installation WHERE id = ANY ($1)', [[waiting.id, soon.id, gone.id]]);
    expect(rows).toEqual([{ id: soon.id }]);
    const kept = await install(appId, 'mer_away');
    expect(kept).toMatchObject({ created: true, generation: 1 });
    await eventsOf(appId, 1);
    expect(events(deleted)).toEqual([]);
  });

  it('has of what the merchant was shown the required permissions and those he chose', async () => {
    const appId = await createApp();
    expect(await agree(appId, 'mer_all', ['money', 'orders'], 1n)).toMatchObject({
      grantedPermissions: ['orders', 'money'],
      grantedScopes: ['orders.read', 'payments.read', 'refunds.read'],
    });
    await expect(agree(appId, 'mer_odd', ['money', 'everything'], 1n)).rejects.toThrow(problem('invalid_field', '/permissions/1'));
    await patchPermissions(appId, [{ ...permissions[0]!, scopes: ['orders.read', 'orders.write'] }, permissions[1]!]);
    await expect(agree(appId, 'mer_late', [], 1n)).rejects.toThrow(problem('conflict'));
    expect(await agree(appId, 'mer_all', [], 2n)).toMatchObject({ status: ACTIVE, grantedScopes: ['orders.read', 'orders.write'] });
  });

  it('is one, with one event, however often and at once it is asked for', async () => {
    const appId = await createApp();
    const answers = await Promise.all(Array.from({ length: 8 }, () => install(appId, 'mer_same')));
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    expect(answers.filter(({ created }) => created)).toHaveLength(1);
    await Promise.all(Array.from({ length: 4 }, () => revoke(appId, answers[0]!.id)));
    const told = await eventsOf(appId, 2);
    expect(told.map(({ type }) => type)).toEqual(['partner_app.install.created', 'partner_app.install.revoked']);
  });

  it('has its snapshot in the partition of its merchant', async () => {
    const [one, two] = [await createApp(), await createApp()];
    const merchants = Array.from({ length: 6 }, (_item, index) => `mer_partition_${index}`);
    const partitions = await Promise.all(
      merchants.map(async (merchantId) => {
        const ids = [(await install(one, merchantId)).id, (await install(two, merchantId)).id];
        return eventually(() => {
          const seen = ids.flatMap((id) => snapshots.withKey(id).map(({ partition }) => partition));
          expect(seen).toHaveLength(2);
          return seen;
        });
      }),
    );
    for (const [first, second] of partitions) expect(second).toBe(first);
    expect(new Set(partitions.flat()).size).toBeGreaterThan(1);
  });

  it('is refused for scopes that no permission asks for, and for what is no merchant id', async () => {
    const appId = await createApp();
    await expect(install(appId, 'mer_1', ['orders.read', 'orders.write'])).rejects.toThrow(problem('invalid_field', '/scopes/1'));
    await expect(install(appId, 'mer/1')).rejects.toThrow(problem('invalid_field', '/merchant_id'));
    await expect(install(appId, '')).rejects.toThrow(problem('invalid_field', '/merchant_id'));
    await expect(install(newId('app'), 'mer_1')).rejects.toThrow(problem('not_found'));
  });

  it('is listed, filtered and paged, newest first, and has a history', async () => {
    const appId = await createApp();
    const ids: string[] = [];
    for (const merchantId of ['mer_1', 'mer_2', 'mer_3']) ids.unshift((await install(appId, merchantId)).id);
    await revoke(appId, ids[2]!, 'over');
    const list = async (filter: { status?: InstallationStatus; merchantId?: string; page?: { limit: number; cursor?: string } }) =>
      registry.installations.list(create(ListInstallationsRequestSchema, { tenant, appId, ...filter }));
    const idsOf = async (filter: Parameters<typeof list>[0]) => (await list(filter)).installations?.map(({ id }) => id);
    expect(await idsOf({})).toEqual(ids);
    expect(await idsOf({ status: REVOKED })).toEqual([ids[2]]);
    expect(await idsOf({ merchantId: 'mer_2' })).toEqual([ids[1]]);
    const page = await list({ page: { limit: 2 } });
    await install(appId, 'mer_4');
    expect(await idsOf({ page: { limit: 2, cursor: page.nextCursor! } })).toEqual([ids[2]]);
    await expect(list({ page: { limit: 2, cursor: 'x' } })).rejects.toThrow(problem('invalid_cursor'));

    const history = (page: { limit: number; cursor?: string }) =>
      registry.installations.history(create(ListInstallationHistoryRequestSchema, { tenant, appId, installationId: ids[2]!, page }));
    const newest = await history({ limit: 1 });
    expect(newest.transitions).toMatchObject([{ status: REVOKED, previousStatus: ACTIVE, actor: Actor.PARTNER, reason: 'over' }]);
    const oldest = await history({ limit: 1, cursor: newest.nextCursor! });
    expect(oldest).toMatchObject({ nextCursor: '', transitions: [{ status: ACTIVE, previousStatus: 0, actor: Actor.OPERATOR }] });
  });

  it('is not there for other tenants, nor under another app', async () => {
    const [appId, otherApp] = [await createApp(), await createApp()];
    const { id } = await install(appId, 'mer_1');
    const get = (as: typeof tenant, app: string) =>
      registry.installations.get(create(GetInstallationRequestSchema, { tenant: as, appId: app, installationId: id }));
    expect((await get(tenant, appId)).installation).toMatchObject({ id, appId });
    await expect(get(tenant, otherApp)).rejects.toThrow(problem('not_found'));
    await expect(get({ partnerId, mode: Mode.TEST }, appId)).rejects.toThrow(problem('not_found'));
    await expect(revoke(otherApp, id)).rejects.toThrow(problem('not_found'));
  });

  it('ends with its app, and says so', async () => {
    const appId = await createApp();
    const { id } = await install(appId, 'mer_1');
    await registry.apps.delete(create(DeleteAppRequestSchema, { tenant, appId }));
    const told = await eventsOf(appId, 2);
    expect(told[1]).toMatchObject({
      type: 'partner_app.install.revoked',
      data: { actor: 'partner', reason: 'app deleted', granted_scopes: [] },
    });
    await eventually(() => expect(snapshots.withKey(id)).toHaveLength(2));
    expect(fromBinary(InstallationSnapshotSchema, snapshots.withKey(id)[1]!.value!).status).toBe(REVOKED);
  });

  it('leaves neither a row nor an event when its transaction is killed', async () => {
    const appId = await createApp();
    await eventually(async () => expect(await count('outbox')).toBe(0));
    const before = [await count('installation'), await count('transition')];
    const blocker = await database.pool.connect();
    await blocker.query('BEGIN; LOCK TABLE outbox IN ACCESS EXCLUSIVE MODE');
    const killed = expect(install(appId, 'mer_1')).rejects.toBeInstanceOf(Error);
    await eventually(async () => {
      const kill = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'INSERT%'`;
      expect((await database.pool.query(kill)).rowCount).toBe(1);
    });
    await killed;
    await blocker.query('ROLLBACK');
    blocker.release();
    expect([await count('installation'), await count('transition')]).toEqual(before);
    expect((await install(appId, 'mer_1')).created).toBe(true);
    expect((await eventsOf(appId, 1))[0]?.sequence).toBe('000000000001');
  });
});
