import { z } from 'zod';
import { InstallationStatus } from '@hookwright/contracts';
import { type TestDatabase, eventually } from '@hookwright/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ApiKeysRepository } from '../api-keys/api-keys.repository.ts';
import { ApiKeys } from '../api-keys/api-keys.ts';
import { type Gateway, OPERATOR_TOKEN, call } from '../spec/gateway.ts';
import { type Setting, startSetting } from '../spec/setting.ts';

let database: TestDatabase;
let setting: Setting;
let gateway: Gateway;

beforeAll(async () => {
  setting = await startSetting();
  ({ gateway, database } = setting);
});

afterAll(() => setting.stop());

beforeEach(() => gateway.expectNothing());

describe('the operator', () => {
  it('creates a partner whose keys work until they are deleted', async () => {
    gateway.registry.handlers.createPartner = ({ id, name }) => ({ partner: { id, name, createdAtMs: 0n } });
    gateway.registry.handlers.getPartner = ({ id }) => ({ partner: { id, name: 'A', createdAtMs: 0n } });
    gateway.registry.handlers.listApps = () => ({ apps: [] });
    const created = await call(gateway, 'POST /v1/operator/partners', { key: OPERATOR_TOKEN, body: { name: 'A' } });
    expect(created).toMatchObject({ status: 201, body: { name: 'A', api_keys: { live: expect.stringMatching(/^hw_live_/) } } });
    const { id, api_keys: keys } = created.body as { id: string; api_keys: { live: string; test: string } };
    expect((await call(gateway, 'GET /v1/apps', { key: keys.live })).status).toBe(200);
    const further = await call(gateway, `POST /v1/operator/partners/${id}/keys`, {
      key: OPERATOR_TOKEN,
      body: { mode: 'live', scopes: ['installs.read'] },
    });
    expect(further).toMatchObject({ status: 201, body: { id: expect.stringMatching(/^key_/) } });
    const { id: keyId, key: furtherKey } = further.body as { id: string; key: string };
    expect(await call(gateway, 'GET /v1/apps', { key: furtherKey })).toMatchObject({ status: 403, body: { code: 'insufficient_scope' } });
    const listed = await call(gateway, `GET /v1/operator/partners/${id}/keys`, { key: OPERATOR_TOKEN });
    expect(listed.body['data']).toHaveLength(3);
    expect(JSON.stringify(listed.body)).not.toContain(keys.live);
    expect((await call(gateway, `DELETE /v1/operator/partners/${id}/keys/${keyId}`, { key: OPERATOR_TOKEN })).status).toBe(204);
    expect((await call(gateway, `DELETE /v1/operator/partners/${id}/keys/${keyId}`, { key: OPERATOR_TOKEN })).status).toBe(404);
    expect((await call(gateway, 'GET /v1/apps', { key: furtherKey })).status).toBe(401);
    const stored = await database.pool.query("select string_agg(t::text, ' ') as text from api_key t");
    expect(JSON.stringify(stored.rows)).not.toContain(keys.live);
  });

  it('learns when a key was last used, to the minute', async () => {
    gateway.registry.handlers.getPartner = ({ id }) => ({ partner: { id, name: 'A', createdAtMs: 0n } });
    gateway.registry.handlers.listApps = () => ({ apps: [] });
    const [created] = await gateway.app.get(ApiKeys).create('par_used', ['live']);
    const { id = '', key = '' } = created ?? {};
    const lastUse = async (): Promise<unknown> => {
      const { body } = await call(gateway, 'GET /v1/operator/partners/par_used/keys', { key: OPERATOR_TOKEN });
      return (body['data'] as { last_used_at: unknown }[])[0]?.last_used_at;
    };
    expect(await lastUse()).toBeNull();
    const beforeMs = Date.now();
    expect((await call(gateway, 'GET /v1/apps', { key })).status).toBe(200);
    const noted = await eventually(async () => z.iso.datetime().parse(await lastUse()));
    expect(Date.parse(noted)).toBeGreaterThanOrEqual(beforeMs);

    const repository = gateway.app.get(ApiKeysRepository);
    const minuteBefore = new Date(Date.parse(noted) - 60_000);
    await Promise.all(Array.from({ length: 20 }, () => repository.noteUse(id, new Date(), minuteBefore)));
    expect(await lastUse()).toBe(noted);

    await database.pool.query("UPDATE api_key SET last_used_at = last_used_at - interval '61 s' WHERE id = $1", [id]);
    await eventually(async () => {
      await call(gateway, 'GET /v1/apps', { key });
      expect(Date.parse(String(await lastUse()))).toBeGreaterThanOrEqual(beforeMs);
    });
  });

  it('learns whether an installation is new', async () => {
    const installation = {
      id: 'ins_1',
      appId: 'app_1',
      merchantId: 'mer_1',
      status: InstallationStatus.ACTIVE,
      generation: 1,
      installedAtMs: 0n,
      installedBy: 'operator',
    };
    let created = true;
    gateway.registry.handlers.install = () => ({ installation, created });
    const body = { app_id: 'app_1', merchant_id: 'mer_1', scopes: [] };
    expect((await call(gateway, 'POST /v1/operator/installations', { key: OPERATOR_TOKEN, body })).status).toBe(201);
    created = false;
    expect((await call(gateway, 'POST /v1/operator/installations', { key: OPERATOR_TOKEN, body })).status).toBe(200);
  });

  it('learns how far a rotation of master keys has come', async () => {
    const keys = [
      { keyId: 'file:0123456789abcdef', secrets: 2, held: true },
      { keyId: 'transit:transit/hookwright:v1', secrets: 3, held: true },
    ];
    gateway.vault.handlers.getMasterKeyStatus = () => ({ keyId: 'transit:transit/hookwright:v1', secrets: 5, left: 2, keys });
    const { status, body } = await call(gateway, 'GET /v1/operator/master-key', { key: OPERATOR_TOKEN });
    expect(status).toBe(200);
    expect(body).toEqual({
      key_id: 'transit:transit/hookwright:v1',
      secrets: 5,
      left: 2,
      keys: keys.map(({ keyId, secrets, held }) => ({ key_id: keyId, secrets, held })),
    });
  });
});
