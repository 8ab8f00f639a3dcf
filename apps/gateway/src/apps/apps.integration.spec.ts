import { Mode } from '@hookwright/contracts';
import { Problem, notFound, validationFailed } from '@hookwright/runtime';
import { type TestDatabase, eventually } from '@hookwright/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Gateway, call } from '../spec/gateway.ts';
import { app, partnerId, secret, webhook } from '../spec/samples.ts';
import { type Setting, startSetting } from '../spec/setting.ts';

let database: TestDatabase;
let setting: Setting;
let gateway: Gateway;
let key: string;
const APP_BODY = { name: 'Ship It', webhook: { url: 'https://shipit.example/hooks' } };

beforeAll(async () => {
  setting = await startSetting();
  ({ gateway, database, key } = setting);
});

afterAll(() => setting.stop());

beforeEach(() => gateway.expectNothing());

describe('an app', () => {
  it('is created with its endpoint, its secret once, and an ETag', async () => {
    const calls: string[] = [];
    gateway.vault.handlers.createSecret = ({ appId }) => {
      calls.push(`vault ${appId}`);
      return { info: { ...secret, appId }, secret: 'whsec_secret' };
    };
    gateway.registry.handlers.createApp = ({ appId, tenant }) => {
      calls.push(`registry ${appId}`);
      expect(tenant).toMatchObject({ partnerId, mode: Mode.LIVE });
      return { app: { ...app, id: appId, webhook } };
    };
    const { status, headers, body } = await call(gateway, 'POST /v1/apps', { key, body: APP_BODY });
    expect({ status, body }).toMatchObject({ status: 201 });
    expect(calls).toEqual([`vault ${String(body['id'])}`, `registry ${String(body['id'])}`]);
    expect(headers.get('etag')).toBe('"7"');
    expect(body).toEqual({
      id: expect.stringMatching(/^app_[0-9a-z]{26}$/),
      name: 'Ship It',
      description: '',
      mode: 'live',
      visibility: 'private',
      redirect_uris: [],
      permissions: [],
      client_id: 'client_1',
      jwks: null,
      suspended_at: null,
      client_secret: expect.stringMatching(/^hwcs_[A-Za-z0-9_-]{43}$/),
      webhook: {
        url: 'https://shipit.example/hooks',
        status: 'enabled',
        disabled_reason: null,
        disabled_at: null,
        event_sources: ['partner_app', 'installed_merchants'],
        enabled_events: ['*'],
        payload_style: 'full',
        api_version: '2026-11-01',
        max_concurrency: 10,
        rate_limit_per_minute: null,
        timeout_seconds: 10,
        signing: {
          scheme: 'v1',
          secrets: [
            {
              id: 'sec_1',
              scheme: 'v1',
              prefix: 'whsec_ab',
              public_key: null,
              created_at: '2026-11-25T09:46:40.000Z',
              created_by: null,
              reason: null,
              expires_at: null,
              last_used_at: null,
            },
          ],
        },
        secret: 'whsec_secret',
      },
      created_at: '2026-11-25T09:46:40.000Z',
      updated_at: '2026-11-25T09:46:40.001Z',
    });
  });

  it('is read without its secret; a page of apps asks the vault once', async () => {
    let questions = 0;
    gateway.registry.handlers.listApps = ({ page }) => {
      expect(page).toMatchObject({ limit: 2, cursor: 'abc' });
      return {
        apps: [
          { ...app, webhook },
          { ...app, id: 'app_2', webhook },
          { ...app, id: 'app_3' },
        ],
        nextCursor: 'next',
      };
    };
    gateway.vault.handlers.listSecrets = ({ appIds }) => {
      questions++;
      expect(appIds).toEqual(['app_1', 'app_2']);
      return { secrets: [secret, { ...secret, id: 'sec_2', appId: 'app_2' }] };
    };
    const { status, body } = await call(gateway, 'GET /v1/apps?limit=2&cursor=abc', { key });
    expect(status).toBe(200);
    expect(body['next_cursor']).toBe('next');
    expect(body['data']).toMatchObject([
      { webhook: { signing: { secrets: [{ id: 'sec_1' }] } } },
      { webhook: { signing: { secrets: [{ id: 'sec_2' }] } } },
      { webhook: null },
    ]);
    expect(JSON.stringify(body)).not.toContain('"secret"');
    expect(questions).toBe(1);
  });

  it('that the registry refuses leaves no secret behind', async () => {
    const erased: string[] = [];
    gateway.vault.handlers.createSecret = ({ appId }) => ({ info: { ...secret, appId }, secret: 'whsec_secret' });
    gateway.vault.handlers.eraseSecrets = ({ appId }) => {
      erased.push(appId);
      return {};
    };
    gateway.registry.handlers.createApp = () => {
      throw validationFailed([{ pointer: '/webhook/url', code: 'url_blocked', message: 'leads to 127.0.0.1' }]);
    };
    gateway.registry.handlers.getApp = () => {
      throw notFound('app');
    };
    const { status, body } = await call(gateway, 'POST /v1/apps', { key, body: APP_BODY });
    expect({ status, body }).toMatchObject({ status: 422, body: { code: 'url_blocked', errors: [{ pointer: '/webhook/url' }] } });
    await eventually(() => expect(erased).toHaveLength(1));
    await eventually(async () => expect((await database.pool.query('select 1 from secret_erasure')).rowCount).toBe(0));
  });

  it.each([
    ['with an endpoint', APP_BODY],
    ['without one', { name: 'ShipIt' }],
  ])('%s that may have been created although it was answered 503 is deleted', async (_, body) => {
    const calls: string[] = [];
    gateway.vault.handlers.createSecret = ({ appId }) => ({ info: { ...secret, appId }, secret: 'whsec_secret' });
    gateway.vault.handlers.eraseSecrets = () => {
      calls.push('erase');
      return {};
    };
    gateway.registry.handlers.createApp = () => {
      throw new Problem('service_unavailable', 'A store is away.', { retryAfterSeconds: 2 });
    };
    gateway.registry.handlers.getApp = ({ appId }) => ({ app: { ...app, id: appId, webhook } });
    gateway.registry.handlers.deleteApp = () => {
      calls.push('delete');
      return {};
    };
    const { status, headers } = await call(gateway, 'POST /v1/apps', { key, body });
    expect(status).toBe(503);
    expect(headers.get('retry-after')).toBe('2');
    await eventually(() => expect(calls).toEqual(['delete', 'erase']));
  });

  it('is deleted at once although the vault is away, which is told later', async () => {
    let vaultIsAway = true;
    let deleted = false;
    const erased: string[] = [];
    gateway.registry.handlers.getApp = ({ appId }) => {
      if (deleted) throw notFound('app');
      return { app: { ...app, id: appId, webhook } };
    };
    gateway.registry.handlers.deleteApp = () => {
      deleted = true;
      return {};
    };
    gateway.vault.handlers.eraseSecrets = ({ appId }) => {
      if (vaultIsAway) throw new Problem('service_unavailable', 'The vault is away.');
      erased.push(appId);
      return {};
    };
    expect((await call(gateway, 'DELETE /v1/apps/app_1', { key })).status).toBe(204);
    const { rows } = await database.pool.query('select app_id, reason from secret_erasure');
    expect(rows).toEqual([{ app_id: 'app_1', reason: 'app_deleted' }]);
    vaultIsAway = false;
    await eventually(() => expect(erased).toEqual(['app_1']));
  });

  it('is deleted although many are at the same time: none waits for a connection that the others hold', async () => {
    gateway.registry.handlers.getApp = ({ appId }) => ({ app: { ...app, id: appId, webhook } });
    gateway.registry.handlers.deleteApp = () => ({});
    gateway.vault.handlers.eraseSecrets = () => ({});
    const deletions = Array.from({ length: 40 }, (_, n) => call(gateway, `DELETE /v1/apps/app_${n}`, { key }));
    const statuses = (await Promise.all(deletions)).map(({ status }) => status);
    expect(statuses).toEqual(Array.from({ length: 40 }, () => 204));
  });

  it('gets its first endpoint by PATCH, with its secret; null removes both', async () => {
    let current: typeof app & { webhook?: typeof webhook } = app;
    const calls: string[] = [];
    gateway.registry.handlers.getApp = () => ({ app: current });
    gateway.registry.handlers.updateApp = ({ app: patch }) => {
      calls.push(`update ${String(patch?.webhookChange.case)}`);
      current = patch?.webhookChange.case === 'webhook' ? { ...app, webhook } : app;
      return { app: current, endpointCreated: true };
    };
    gateway.vault.handlers.createSecret = () => {
      calls.push('create secret');
      return { info: secret, secret: 'whsec_secret' };
    };
    gateway.vault.handlers.eraseSecrets = () => {
      calls.push('erase');
      return {};
    };
    gateway.vault.handlers.listSecrets = () => ({ secrets: [secret] });
    const first = await call(gateway, 'PATCH /v1/apps/app_1', { key, body: { webhook: { url: 'https://shipit.example/hooks' } } });
    expect(first).toMatchObject({ status: 200, body: { webhook: { secret: 'whsec_secret' } } });
    const second = await call(gateway, 'PATCH /v1/apps/app_1', {
      key,
      body: JSON.stringify({ webhook: { max_concurrency: 5 } }),
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    expect(second.status).toBe(200);
    expect(second.body['webhook']).not.toHaveProperty('secret');
    const third = await call(gateway, 'PATCH /v1/apps/app_1', { key, body: { webhook: null } });
    expect(third).toMatchObject({ status: 200, body: { webhook: null } });
    expect(calls).toEqual(['create secret', 'update webhook', 'update webhook', 'update removeWebhook', 'erase']);
  });

  it('is patched only while it is what If-Match says', async () => {
    gateway.registry.handlers.updateApp = ({ ifRevision }) => {
      if (ifRevision !== 7n) throw new Problem('precondition_failed', 'The app was changed since.');
      return { app };
    };
    const patch = async (ifMatch: string): Promise<number> =>
      (await call(gateway, 'PATCH /v1/apps/app_1', { key, body: { name: 'B' }, headers: { 'if-match': ifMatch } })).status;
    expect(await patch('"7"')).toBe(200);
    expect(await patch('"6"')).toBe(412);
    expect(await patch('W/"7"')).toBe(412);
  });
});
