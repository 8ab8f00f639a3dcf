import { create } from '@bufbuild/protobuf';
import {
  Actor,
  BeginConsentRequestSchema,
  CreateAppRequestSchema,
  decodeCloudEvent,
  EraseMerchantRequestSchema,
  GetMerchantRequestSchema,
  InstallRequestSchema,
  ListMerchantsRequestSchema,
  Mode,
  newId,
  RevokeInstallationRequestSchema,
  TOPICS,
} from '@hookwright/contracts';
import { withActor } from '@hookwright/runtime';
import { createDatabase, createTopics, eventually, type TestDatabase, useStores } from '@hookwright/testkit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readTopic, type Registry, startRegistry, type TopicReader } from '../registry.fixture.ts';

const partnerId = newId('par');
let database: TestDatabase;
let brokers: readonly string[];
let registry: Registry;
let lifecycle: TopicReader;
let snapshots: TopicReader;

beforeAll(async () => {
  ({ kafkaBrokers: brokers } = await useStores(['kafka', 'postgres']));
  await createTopics();
  database = await createDatabase('registry');
  registry = await startRegistry({ databaseUrl: database.url, brokers });
  lifecycle = await readTopic(brokers, TOPICS.lifecycle);
  snapshots = await readTopic(brokers, TOPICS.installations);
  await database.pool.query('INSERT INTO partner (id, name, created_at) VALUES ($1, $1, now())', [partnerId]);
});

afterAll(async () => {
  await lifecycle.stop();
  await snapshots.stop();
  await registry.stop();
  await database.drop();
});

const createApp = async (mode = Mode.LIVE): Promise<string> => {
  const request = { tenant: { partnerId, mode }, appId: newId('app'), app: { name: 'Ship It' } };
  return (await registry.apps.create(create(CreateAppRequestSchema, request))).app!.id!;
};
const install = async (appId: string, merchantId: string): Promise<string> => {
  const request = { appId, merchantId, actor: Actor.OPERATOR };
  return (await registry.installations.install(create(InstallRequestSchema, request))).installation!.id!;
};
const revoke = (appId: string, installationId: string) => {
  const tenant = { partnerId, mode: Mode.LIVE };
  return registry.installations.revoke(create(RevokeInstallationRequestSchema, { tenant, appId, installationId, actor: Actor.PARTNER }));
};
const get = async (merchantId: string) => (await registry.merchants.get(create(GetMerchantRequestSchema, { merchantId }))).merchant!;
const list = (limit: number, cursor = '') => registry.merchants.list(create(ListMerchantsRequestSchema, { page: { limit, cursor } }));
const erase = async (merchantId: string, requestedAtMs: bigint) =>
  (await registry.merchants.erase(create(EraseMerchantRequestSchema, { merchantId, requestedAtMs }))).doneAtMs;
const rowsOf = async (merchantId: string): Promise<number> =>
  (await database.pool.query('SELECT 1 FROM installation WHERE merchant_id = $1', [merchantId])).rowCount ?? 0;
/** What an app is told, and of whom. */
const told = (appId: string) =>
  lifecycle.withKey(appId).map((message) => {
    const decoded = decodeCloudEvent(message, 'appid');
    if (!decoded.ok) throw new Error(decoded.detail);
    return [decoded.event.type.replace('partner_app.', ''), decoded.event.merchantId];
  });
/** Whether the newest word on an installation is that there is none. */
const isRemoved = (id: string): boolean => snapshots.withKey(id).at(-1)?.value === null;

describe('merchants', () => {
  it('are listed by id, page by page, with what they have installed', async () => {
    const [one, two] = [await createApp(), await createApp()];
    for (const merchantId of ['list:b', 'list:a', 'list:c']) await install(one, merchantId);
    await revoke(two, await install(two, 'list:b'));
    await registry.installations.beginConsent(create(BeginConsentRequestSchema, { appId: two, merchantId: 'list:c' }));
    const all: unknown[] = [];
    let cursor = '';
    do {
      const page = await list(2, cursor);
      expect(page.merchants!.length).toBeLessThanOrEqual(2);
      all.push(...page.merchants!.map(({ id, installations, liveInstallations }) => [id, installations, liveInstallations]));
      cursor = page.nextCursor ?? '';
    } while (cursor !== '');
    const listed = all.filter((row) => String((row as string[])[0]).startsWith('list:'));
    expect(listed).toEqual([
      ['list:a', 1, 1],
      ['list:b', 2, 1],
      ['list:c', 2, 1],
    ]);
    expect(await get('list:b')).toMatchObject({ id: 'list:b', installations: 2, knownSinceMs: expect.any(BigInt) });
    await expect(get('list:none')).rejects.toMatchObject({ code: 'not_found' });
    await expect(list(2, 'Lw')).rejects.toMatchObject({ code: 'invalid_cursor' });
  });
});

describe('erasing a merchant', () => {
  it('ends what he has installed, has each app told so and to redact, and leaves nothing of him', async () => {
    const [live, test, revoked, pending] = [await createApp(), await createApp(Mode.TEST), await createApp(), await createApp()];
    const byHim = <Result>(work: () => Result): Result => withActor({ kind: 'merchant', id: 'mer_gone', requestId: 'req_1' }, work);
    const ids = [await byHim(() => install(live, 'mer_gone')), await install(test, 'mer_gone'), await install(revoked, 'mer_gone')];
    await byHim(() => revoke(revoked, ids[2]!));
    await registry.installations.beginConsent(create(BeginConsentRequestSchema, { appId: pending, merchantId: 'mer_gone' }));
    const stays = await install(live, 'mer_stays');

    expect(await erase('mer_gone', 1000n)).toBeUndefined();
    expect(await get('mer_gone')).toMatchObject({ liveInstallations: 0, installations: 3 });
    const doneAtMs = await eventually(async () => {
      const done = await erase('mer_gone', 1000n);
      expect(done).toBeDefined();
      return done!;
    });
    expect(await erase('mer_gone', 1000n)).toBe(doneAtMs);
    expect(await rowsOf('mer_gone')).toBe(0);
    await expect(get('mer_gone')).rejects.toMatchObject({ code: 'not_found' });
    await eventually(() => expect(ids.map(isRemoved)).toEqual([true, true, true]));
    for (const appId of [live, test, revoked]) {
      const ofHim = told(appId).filter(([, merchantId]) => merchantId === 'mer_gone');
      expect(ofHim.map(([type]) => type)).toEqual(['install.created', 'install.revoked', 'merchant.redact']);
    }
    expect(told(pending)).toEqual([]);
    const traces = await database.pool.query("SELECT 1 FROM audit_entry WHERE audit_entry::text LIKE '%mer_gone%'");
    expect(traces.rowCount).toBe(0);
    const byMerchants = await database.pool.query("SELECT 1 FROM audit_entry WHERE actor_kind = 'merchant' AND target = ANY ($1)", [ids]);
    expect(byMerchants.rowCount).toBe(2);
    expect(await get('mer_stays')).toMatchObject({ liveInstallations: 1 });
    expect(isRemoved(stays)).toBe(false);
  });

  it('lets him come back as somebody new, and forgets him again when that is asked for', async () => {
    const appId = await createApp();
    const first = await install(appId, 'mer_again');
    await erase('mer_again', 2000n);
    await eventually(async () => expect(await erase('mer_again', 2000n)).toBeDefined());
    const second = await install(appId, 'mer_again');
    expect(second).not.toBe(first);
    expect(await erase('mer_again', 2000n)).toBeDefined();
    expect(await get('mer_again')).toMatchObject({ liveInstallations: 1 });
    expect(await erase('mer_again', 3000n)).toBeUndefined();
    await eventually(async () => expect(await rowsOf('mer_again')).toBe(0));
  });

  it('goes on in the next process where one died, however much there is', async () => {
    await database.pool.query(
      `WITH many AS (
         INSERT INTO app (id, partner_id, name, description, mode, visibility, redirect_uris, permissions, client_id, revision, endpoint_revision,
           created_at, updated_at)
         SELECT 'app_many_' || n, $1, 'Many', '', 'live', 'private', '{}', '[]', 'many ' || n, 1, 0, now(), now() FROM generate_series(1, 1100) AS n
         RETURNING id
       )
       INSERT INTO installation (id, app_id, merchant_id, status, generation, granted_scopes, installed_by, installed_at, sequence, created_at)
       SELECT 'ins_' || id, id, 'mer_many', 'active', 1, '{}', 'spec', now(), 1, now() FROM many`,
      [partnerId],
    );
    // What a process that died right after it was asked leaves behind.
    await database.pool.query("INSERT INTO merchant_erasure (merchant_id, requested_at) VALUES ('mer_many', now())");
    const next = await startRegistry({ databaseUrl: database.url, brokers });
    await eventually(async () => expect(await rowsOf('mer_many')).toBe(0), { timeoutMs: 60_000 });
    await next.stop();
  });

  it('of a merchant who is not known is done at once, and of what is no merchant id is refused', async () => {
    await erase('mer_unknown', 1000n);
    await eventually(async () => expect(await erase('mer_unknown', 1000n)).toBeDefined());
    await expect(erase('mer/1', 1000n)).rejects.toMatchObject({ code: 'invalid_field' });
  });
});
