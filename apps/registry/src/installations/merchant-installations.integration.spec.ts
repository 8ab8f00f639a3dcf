import { create } from '@bufbuild/protobuf';
import {
  Actor,
  BeginConsentRequestSchema,
  CreateAppRequestSchema,
  decodeCloudEvent,
  DeleteAppRequestSchema,
  GetMerchantInstallationRequestSchema,
  InstallationStatus,
  InstallRequestSchema,
  ListMerchantInstallationsRequestSchema,
  Mode,
  newId,
  RevokeInstallationRequestSchema,
  SuspendInstallationRequestSchema,
  TOPICS,
  UpdateAppRequestSchema,
} from '@hookwright/contracts';
import { createDatabase, createTopics, eventually, type TestDatabase, useStores } from '@hookwright/testkit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readTopic, type Registry, startRegistry, type TopicReader } from '../registry.fixture.ts';

const partnerId = newId('par');
const otherPartner = newId('par');
const tenant = { partnerId, mode: Mode.LIVE };
const orders = { id: 'orders', title: 'See orders', scopes: ['orders.read'], optional: false };
const money = { id: 'money', title: 'See money', scopes: ['payments.read'], optional: false };
const { ACTIVE, PENDING_PERMISSION_UPGRADE, REVOKED, SUSPENDED } = InstallationStatus;
let database: TestDatabase;
let registry: Registry;
let lifecycle: TopicReader;
let merchantNumber = 0;

const newMerchant = (): string => `mer_${++merchantNumber}`;
const createApp = async (name = 'Ship It', of = tenant): Promise<string> => {
  const request = { tenant: of, appId: newId('app'), app: { name, permissions: { values: [orders] } } };
  return (await registry.apps.create(create(CreateAppRequestSchema, request))).app!.id!;
};
const agree = async (appId: string, merchantId: string, more: { permissionRevision?: bigint; generation?: number } = {}) => {
  const consent = { permissions: [], permissionRevision: 1n, ...more };
  const request = { appId, merchantId, actor: Actor.MERCHANT, installedBy: 'user-7', consent };
  const { installation } = await registry.installations.install(create(InstallRequestSchema, request));
  return { ...installation!, id: installation!.id! };
};
const list = (merchantId: string, page = { limit: 100, cursor: '' }) =>
  registry.merchantInstallations.list(create(ListMerchantInstallationsRequestSchema, { merchantId, page }));
const idsOf = async (merchantId: string) => (await list(merchantId)).installations!.map(({ installation }) => installation!.id);
const get = (merchantId: string, installationId: string) =>
  registry.merchantInstallations.get(create(GetMerchantInstallationRequestSchema, { merchantId, installationId }));
const revoke = (appId: string, installationId: string) => {
  const request = { tenant, appId, installationId, actor: Actor.MERCHANT, reason: 'not needed' };
  return registry.installations.revoke(create(RevokeInstallationRequestSchema, request));
};
const wantMore = (appId: string) =>
  registry.apps.update(create(UpdateAppRequestSchema, { tenant, appId, app: { permissions: { values: [orders, money] } } }));
const problem = (code: string) => expect.objectContaining({ code });

/** `type` and `data` of an app's lifecycle events, in their order. */
const told = (appId: string) =>
  lifecycle.withKey(appId).map((message) => {
    const decoded = decodeCloudEvent(message, 'appid');
    if (!decoded.ok) throw new Error(decoded.detail);
    const data = JSON.parse(decoded.data.toString()) as Record<string, unknown>;
    return { type: decoded.event.type.replace('partner_app.install.', ''), data };
  });

beforeAll(async () => {
  const { kafkaBrokers: brokers } = await useStores(['kafka', 'postgres']);
  await createTopics();
  database = await createDatabase('registry');
  registry = await startRegistry({ databaseUrl: database.url, brokers });
  lifecycle = await readTopic(brokers, TOPICS.lifecycle);
  const insert = 'INSERT INTO partner (id, name, created_at) VALUES ($1, $2, now()), ($3, $4, now())';
  await database.pool.query(insert, [partnerId, 'Ship It Inc.', otherPartner, 'Pay Ltd.']);
});

afterAll(async () => {
  await lifecycle.stop();
  await registry.stop();
  await database.drop();
});

describe("a merchant's list", () => {
  it('has his apps of every partner and mode, newest first, with their names', async () => {
    const merchantId = newMerchant();
    const first = await agree(await createApp('Ship It'), merchantId);
    const second = await agree(await createApp('Pay', { partnerId: otherPartner, mode: Mode.TEST }), merchantId);
    await agree(await createApp(), newMerchant());
    const { installations, nextCursor } = await list(merchantId);
    expect(nextCursor).toBe('');
    expect(installations).toMatchObject([
      { installation: { id: second.id, merchantId }, appName: 'Pay', partnerName: 'Pay Ltd.', mode: Mode.TEST },
      { installation: { id: first.id, merchantId }, appName: 'Ship It', partnerName: 'Ship It Inc.', mode: Mode.LIVE },
    ]);
    expect(await list(newMerchant())).toEqual({ installations: [], nextCursor: '' });
  });

  it('has what goes on, also on hold and asked for more, and neither what ended nor what waits for his consent', async () => {
    const merchantId = newMerchant();
    const apps = [await createApp(), await createApp(), await createApp(), await createApp(), await createApp()] as const;
    const [held, asked, ended, deleted] = [
      await agree(apps[0], merchantId),
      await agree(apps[1], merchantId),
      await agree(apps[2], merchantId),
      await agree(apps[3], merchantId),
    ];
    await registry.installations.beginConsent(create(BeginConsentRequestSchema, { appId: apps[4], merchantId }));
    const hold = { tenant, appId: apps[0], installationId: held.id, actor: Actor.PARTNER };
    await registry.installations.suspend(create(SuspendInstallationRequestSchema, hold));
    await wantMore(apps[1]);
    await revoke(apps[2], ended.id);
    await registry.apps.delete(create(DeleteAppRequestSchema, { tenant, appId: apps[3] }));
    const { installations } = await list(merchantId);
    expect(installations!.map(({ installation }) => [installation!.id, installation!.status])).toEqual([
      [asked.id, PENDING_PERMISSION_UPGRADE],
      [held.id, SUSPENDED],
    ]);
    await expect(get(merchantId, deleted.id)).rejects.toThrow(problem('not_found'));
  });

  it('is cut into pages', async () => {
    const merchantId = newMerchant();
    for (let n = 0; n < 5; n++) await agree(await createApp(), merchantId);
    const all = await idsOf(merchantId);
    const paged: (string | undefined)[] = [];
    let cursor = '';
    do {
      const page = await list(merchantId, { limit: 2, cursor });
      paged.push(...page.installations!.map(({ installation }) => installation!.id));
      cursor = page.nextCursor!;
    } while (cursor !== '');
    expect(paged).toEqual(all);
    await expect(list(merchantId, { limit: 2, cursor: 'x' })).rejects.toThrow(problem('invalid_cursor'));
  });
});

describe("a merchant's installation", () => {
  it('comes with its app and who makes it, also when it has ended', async () => {
    const [appId, merchantId] = [await createApp(), newMerchant()];
    const { id } = await agree(appId, merchantId);
    expect(await get(merchantId, id)).toMatchObject({
      installation: { id, status: ACTIVE, installedBy: 'user-7', grantedPermissions: ['orders'] },
      app: { id: appId, partnerId, name: 'Ship It', permissions: [{ id: 'orders', title: 'See orders' }], permissionRevision: 1n },
      partnerName: 'Ship It Inc.',
    });
    await revoke(appId, id);
    expect(await get(merchantId, id)).toMatchObject({ installation: { status: REVOKED, revokedBy: Actor.MERCHANT } });
  });

  it('is not there for another merchant, nor while it waits for consent', async () => {
    const [appId, merchantId] = [await createApp(), newMerchant()];
    const { id } = await agree(appId, merchantId);
    const asked = newMerchant();
    const waiting = await registry.installations.beginConsent(create(BeginConsentRequestSchema, { appId, merchantId: asked }));
    for (const [who, which] of [
      [newMerchant(), id],
      [asked, id],
      [asked, waiting.installation!.id!],
      [merchantId, newId('ins')],
    ] as const) {
      await expect(get(who, which)).rejects.toThrow(problem('not_found'));
    }
  });

  it('that he revokes tells its app so once, however often and at once he asks', async () => {
    const [appId, merchantId] = [await createApp(), newMerchant()];
    const { id } = await agree(appId, merchantId);
    const answers = await Promise.all(Array.from({ length: 8 }, () => revoke(appId, id)));
    for (const { installation } of answers) expect(installation).toMatchObject({ status: REVOKED, revokedBy: Actor.MERCHANT });
    expect(await idsOf(merchantId)).toEqual([]);
    // What would come after a second one.
    await agree(appId, merchantId);
    const events = await eventually(() => {
      expect(told(appId).at(-1)).toMatchObject({ type: 'created', data: { generation: 2 } });
      return told(appId);
    });
    expect(events.map(({ type }) => type)).toEqual(['created', 'revoked', 'created']);
    expect(events[1]?.data).toMatchObject({ merchant_id: merchantId, actor: 'merchant', reason: 'not needed', previous_status: 'active' });
  });
});

describe('a merchant who is asked for more', () => {
  it('agrees, and the installation has it', async () => {
    const [appId, merchantId] = [await createApp(), newMerchant()];
    const { id, generation } = await agree(appId, merchantId);
    await wantMore(appId);
    expect(await agree(appId, merchantId, { permissionRevision: 2n, generation: generation! })).toMatchObject({
      id,
      status: ACTIVE,
      grantedScopes: ['orders.read', 'payments.read'],
      generation: 1,
    });
  });

  it('does not install an app again that was removed while he looked', async () => {
    const [appId, merchantId] = [await createApp(), newMerchant()];
    const { id } = await agree(appId, merchantId);
    await wantMore(appId);
    await revoke(appId, id);
    const late = { permissionRevision: 2n, generation: 1 };
    await expect(agree(appId, merchantId, late)).rejects.toThrow(problem('installation_not_active'));
    expect((await get(merchantId, id)).installation).toMatchObject({ status: REVOKED, generation: 1 });
    await agree(appId, merchantId, { permissionRevision: 2n });
    await expect(agree(appId, merchantId, late)).rejects.toThrow(problem('installation_not_active'));
  });
});
