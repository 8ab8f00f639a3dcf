import { newId } from '@hookwright/contracts';
import { notFound } from '@hookwright/runtime';
import { type TestDatabase, eventually } from '@hookwright/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Gateway, call } from '../spec/gateway.ts';
import { app } from '../spec/samples.ts';
import { type Setting, startSetting } from '../spec/setting.ts';
import { ClientSecrets } from './client-secrets.ts';

let database: TestDatabase;
let setting: Setting;
let gateway: Gateway;
let key: string;
let secrets: ClientSecrets;

beforeAll(async () => {
  setting = await startSetting();
  ({ gateway, database, key } = setting);
  secrets = gateway.app.get(ClientSecrets);
});

afterAll(() => setting.stop());

beforeEach(() => {
  gateway.expectNothing();
  gateway.registry.handlers.createApp = ({ appId }) => ({ app: { ...app, id: appId } });
  gateway.registry.handlers.getApp = ({ appId }) => ({ app: { ...app, id: appId } });
});

async function createApp(): Promise<{ id: string; secret: string }> {
  const { body } = await call(gateway, 'POST /v1/apps', { key, body: { name: 'Ship It' } });
  return { id: String(body['id']), secret: String(body['client_secret']) };
}

const rotate = (appId: string, body: object = {}) => call(gateway, `POST /v1/apps/${appId}/rotate-client-secret`, { key, body });
const open = (appId: string, ...shown: readonly string[]) => Promise.all(shown.map((secret) => secrets.matches(appId, secret)));

describe('a client secret', () => {
  it('is shown in the answer that creates its app and in no other, and opens', async () => {
    const { id, secret } = await createApp();
    expect(await open(id, secret, `${secret}x`, '')).toEqual([true, false, false]);
    expect(await open(newId('app'), secret)).toEqual([false]);
    expect((await call(gateway, `GET /v1/apps/${id}`, { key })).body).not.toHaveProperty('client_secret');
  });

  it('is kept as a hash', async () => {
    const { id, secret } = await createApp();
    const { rows } = await database.pool.query<{ kept: string }>(
      'SELECT client_secret::text AS kept FROM client_secret WHERE app_id = $1',
      [id],
    );
    expect(rows).toHaveLength(1);
    for (const spelling of [secret, Buffer.from(secret).toString('hex')]) expect(rows[0]?.kept).not.toContain(spelling);
  });

  it('opens beside its successor until the overlap is over', async () => {
    const { id, secret } = await createApp();
    const { status, body } = await rotate(id, { overlap_seconds: 3600 });
    expect(status).toBe(200);
    const next = String(body['client_secret']);
    expect(Date.parse(String(body['previous_client_secret_expires_at'])) - Date.now()).toBeGreaterThan(3_590_000);
    expect(await open(id, secret, next)).toEqual([true, true]);
    await database.pool.query('UPDATE client_secret SET expires_at = now() WHERE app_id = $1 AND expires_at IS NOT NULL', [id]);
    expect(await open(id, secret, next)).toEqual([false, true]);
  });

  it('is not replaced again inside the overlap, unless forced: then the oldest ends', async () => {
    const { id, secret } = await createApp();
    const second = String((await rotate(id)).body['client_secret']);
    expect(await rotate(id)).toMatchObject({ status: 409, body: { code: 'rotation_in_progress' } });
    const third = String((await rotate(id, { force: true })).body['client_secret']);
    expect(await open(id, secret, second, third)).toEqual([false, true, true]);
    const fourth = String((await rotate(id, { force: true, overlap_seconds: 0 })).body['client_secret']);
    expect(await open(id, second, third, fourth)).toEqual([false, false, true]);
  });

  it('is one, however many ask for another at once', async () => {
    const { id } = await createApp();
    const answers = await Promise.all(Array.from({ length: 8 }, () => rotate(id, { force: true, overlap_seconds: 0 })));
    const opening = await open(id, ...answers.map(({ body }) => String(body['client_secret'])));
    expect(opening.filter(Boolean)).toHaveLength(1);
  });

  it('is the first one for an app that was made before there were any', async () => {
    const { status, body } = await rotate('app_of_before');
    expect({ status, body }).toMatchObject({ status: 200, body: { previous_client_secret_expires_at: null } });
    expect(await open('app_of_before', String(body['client_secret']))).toEqual([true]);
  });

  it('goes with its app, also when the vault is away at that moment', async () => {
    const { id, secret } = await createApp();
    gateway.registry.handlers.deleteApp = () => ({});
    expect((await call(gateway, `DELETE /v1/apps/${id}`, { key })).status).toBe(204);
    expect(await open(id, secret)).toEqual([false]);
  });

  it('is not made for an app that was deleted while it was asked for', async () => {
    const { id } = await createApp();
    await secrets.erase(id);
    let asked = 0;
    gateway.registry.handlers.getApp = ({ appId }) => {
      asked += 1;
      if (asked > 1) throw notFound('app');
      return { app: { ...app, id: appId } };
    };
    expect(await rotate(id)).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect((await database.pool.query('SELECT 1 FROM client_secret WHERE app_id = $1', [id])).rowCount).toBe(0);
  });

  it('goes with its app, also when the process died right after the registry had deleted it', async () => {
    const { id, secret } = await createApp();
    await database.pool.query(
      `INSERT INTO secret_erasure (app_id, partner_id, mode, reason, due_at) VALUES ($1, $2, 'live', 'app_deleted', now())`,
      [id, app.partnerId],
    );
    gateway.registry.handlers.getApp = () => {
      throw notFound('app');
    };
    gateway.vault.handlers.eraseSecrets = () => ({});
    await eventually(async () => expect(await open(id, secret)).toEqual([false]));
  });
});
