import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { MerchantBrowser, type Services, type Stores, eventually, startServices, startStores } from '@hookwright/testkit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Answered, type Call, callUrl } from './spec/gateway.ts';
import { basic, postForm } from './spec/oauth.ts';

const OPERATOR = 'hw_operator_demo';
const LIVE = 'hw_live_demo';
const TEST = 'hw_test_demo';
const WEBHOOK = { url: 'http://127.0.0.1:8/hooks', event_sources: ['partner_app', 'installed_merchants'], enabled_events: ['order.*'] };
const APP = {
  name: 'Ship It',
  description: 'First line\nsecond line',
  redirect_uris: ['https://shipit.example/callback'],
  permissions: [{ id: 'orders', title: 'See orders', scopes: ['orders.read'] }],
  webhook: WEBHOOK,
};

let stores: Stores & { stop(): Promise<void> };
let services: Services;
let otherPartner: string;

const call = (route: string, request: Call = {}): Promise<Answered> => callUrl(services.gatewayUrl, route, request);
const asOperator = (route: string, body?: unknown): Promise<Answered> => call(route, { key: OPERATOR, body });

async function createApp(body: unknown = APP, key = LIVE): Promise<{ id: string; webhook: { secret: string; status: string } }> {
  const answer = await call('POST /v1/apps', { key, body });
  expect({ status: answer.status, body: answer.body }).toMatchObject({ status: 201 });
  return answer.body as { id: string; webhook: { secret: string; status: string } };
}

beforeAll(async () => {
  stores = await startStores();
  services = await startServices({ stores, services: ['registry', 'vault', 'delivery', 'gateway'] });
  const type = { type: 'order.created', required_scope: 'orders.read', schema: { type: 'object' }, example: { id: 'ord_1' } };
  expect((await asOperator('POST /v1/operator/event-types', type)).status).toBe(201);
  const { body } = await asOperator('POST /v1/operator/partners', { name: 'Another partner' });
  otherPartner = (body['api_keys'] as { live: string }).live;
}, 180_000);

afterAll(async () => {
  await services.stopAll();
  await stores.stop();
});

describe('the gateway before the real services', () => {
  it('knows an app from its creation to its end', async () => {
    const app = await createApp();
    expect(app).toMatchObject({
      ...APP,
      permissions: [{ optional: false }],
      mode: 'live',
      webhook: { status: 'enabled', secret: expect.stringMatching(/^whsec_/) },
    });
    const read = await call(`GET /v1/apps/${app.id}`, { key: LIVE });
    expect(JSON.stringify(read.body)).not.toContain(app.webhook.secret);
    expect(read.body['webhook']).toMatchObject({ signing: { scheme: 'v1', secrets: [{ prefix: app.webhook.secret.slice(0, 8) }] } });
    const etag = read.headers.get('etag')!;

    const listed = await call('GET /v1/apps?limit=1', { key: LIVE });
    expect(listed.body['data']).toMatchObject([{ id: app.id }]);

    const patched = await call(`PATCH /v1/apps/${app.id}`, {
      key: LIVE,
      body: { name: 'New', webhook: { max_concurrency: 3 } },
      headers: { 'if-match': etag },
    });
    expect(patched).toMatchObject({ status: 200, body: { name: 'New', webhook: { max_concurrency: 3, enabled_events: ['order.*'] } } });
    const stale = await call(`PATCH /v1/apps/${app.id}`, { key: LIVE, body: { name: 'Old' }, headers: { 'if-match': etag } });
    expect(stale).toMatchObject({ status: 412, body: { code: 'precondition_failed' } });

    expect((await call(`DELETE /v1/apps/${app.id}`, { key: LIVE })).status).toBe(204);
    expect((await call(`GET /v1/apps/${app.id}`, { key: LIVE })).status).toBe(404);
    expect((await call(`DELETE /v1/apps/${app.id}`, { key: LIVE })).status).toBe(404);
  });

  it('shows an app to its own partner and mode only', async () => {
    const { id } = await createApp();
    for (const key of [otherPartner, TEST]) {
      for (const route of [
        `GET /v1/apps/${id}`,
        `DELETE /v1/apps/${id}`,
        `GET /v1/apps/${id}/installations`,
        `GET /v1/apps/${id}/deliveries`,
        `POST /v1/apps/${id}/rotate-secret`,
      ]) {
        expect({ route, status: (await call(route, { key })).status }).toEqual({ route, status: 404 });
      }
    }
    const testApp = await createApp(APP, TEST);
    expect(testApp).toMatchObject({ mode: 'test' });
    expect((await call(`GET /v1/apps/${testApp.id}`, { key: LIVE })).status).toBe(404);
  });

  it.each([
    ['url_blocked', { ...APP, webhook: { ...WEBHOOK, url: 'http://169.254.169.254/' } }, '/webhook/url'],
    ['unknown_event_type', { ...APP, webhook: { ...WEBHOOK, enabled_events: ['nothing.*'] } }, '/webhook/enabled_events/0'],
    [
      'scope_not_granted_by_permissions',
      { ...APP, permissions: [], webhook: { ...WEBHOOK, enabled_events: ['order.created'] } },
      '/webhook/enabled_events/0',
    ],
    ['invalid_redirect_uri', { ...APP, redirect_uris: ['ftp://a'] }, '/redirect_uris/0'],
  ])('passes on what the registry says: %s', async (code, body, pointer) => {
    expect(await call('POST /v1/apps', { key: LIVE, body })).toMatchObject({ status: 422, body: { code, errors: [{ code, pointer }] } });
  });

  it('rotates, lists and revokes secrets', async () => {
    const { id, webhook } = await createApp();
    const rotated = await call(`POST /v1/apps/${id}/rotate-secret`, { key: LIVE, body: { reason: 'every quarter' } });
    expect(rotated).toMatchObject({
      status: 200,
      body: { secret: expect.stringMatching(/^whsec_/), secret_id: expect.stringMatching(/^sec_/) },
    });
    expect(rotated.body['secret']).not.toBe(webhook.secret);
    expect(await call(`POST /v1/apps/${id}/rotate-secret`, { key: LIVE })).toMatchObject({
      status: 409,
      body: { code: 'rotation_in_progress' },
    });
    const { body } = await call(`GET /v1/apps/${id}/webhook/secrets`, { key: LIVE });
    expect(body['data']).toMatchObject([
      { id: rotated.body['secret_id'], expires_at: null, reason: 'every quarter', created_by: expect.stringMatching(/^key_/) },
      { id: rotated.body['previous_secret_id'], expires_at: rotated.body['previous_secret_expires_at'] },
    ]);
    const revoke = (secret: unknown): Promise<Answered> =>
      call(`POST /v1/apps/${id}/webhook/secrets/${String(secret)}/revoke`, { key: LIVE });
    expect((await revoke(rotated.body['previous_secret_id'])).status).toBe(204);
    expect(await revoke(rotated.body['secret_id'])).toMatchObject({ status: 409, body: { code: 'last_secret' } });
  });

  it('signs with ed25519 for whoever chooses it, shows its public keys to everyone, and goes back', async () => {
    const { id } = await createApp();
    const keysOf = async (): Promise<{ kid: string; x: string }[]> =>
      (await call(`GET /v1/.well-known/webhook-keys?app_id=${id}`)).body['keys'] as { kid: string; x: string }[];
    expect(await keysOf()).toEqual([]);
    const chosen = await call(`PATCH /v1/apps/${id}`, { key: LIVE, body: { webhook: { signing: { scheme: 'v1a' } } } });
    expect(chosen.body['webhook']).toMatchObject({ public_key: expect.stringMatching(/^whpk_/), signing: { scheme: 'v1a' } });
    const { public_key: publicKey, signing } = chosen.body['webhook'] as { public_key: string; signing: { secrets: { id: string }[] } };
    const x = Buffer.from(publicKey.slice(5), 'base64').toString('base64url');
    expect(await keysOf()).toMatchObject([{ kid: signing.secrets[0]!.id, x }]);
    expect((await call(`PATCH /v1/apps/${id}`, { key: LIVE, body: { webhook: { signing: { scheme: 'v1' } } } })).status).toBe(409);
    const revoke = `POST /v1/apps/${id}/webhook/secrets/${signing.secrets[0]!.id}/revoke`;
    expect((await call(revoke, { key: LIVE })).status).toBe(204);
    expect((await call(`GET /v1/apps/${id}`, { key: LIVE })).body['webhook']).toMatchObject({ signing: { scheme: 'v1' } });
    expect(await keysOf()).toEqual([]);
  });

  it('takes an endpoint away and gives a new one, with a new secret', async () => {
    const app = await createApp();
    const without = await call(`PATCH /v1/apps/${app.id}`, { key: LIVE, body: { webhook: null } });
    expect(without).toMatchObject({ status: 200, body: { webhook: null } });
    expect(await call(`POST /v1/apps/${app.id}/rotate-secret`, { key: LIVE })).toMatchObject({
      status: 409,
      body: { code: 'no_endpoint' },
    });
    const again = await call(`PATCH /v1/apps/${app.id}`, { key: LIVE, body: { webhook: WEBHOOK } });
    expect(again.body['webhook']).toMatchObject({ secret: expect.stringMatching(/^whsec_/), signing: { secrets: [expect.anything()] } });
    expect((again.body['webhook'] as { secret: string }).secret).not.toBe(app.webhook.secret);
  });

  it('gives the same secret to none of two patches that add an endpoint at once', async () => {
    const { id } = await createApp({ name: 'No endpoint' });
    const patches = await Promise.all([1, 2, 3].map(() => call(`PATCH /v1/apps/${id}`, { key: LIVE, body: { webhook: WEBHOOK } })));
    const secrets = patches.map(({ body }) => (body['webhook'] as { secret?: string }).secret).filter((secret) => secret !== undefined);
    expect(secrets).toHaveLength(1);
    const { body } = await call(`GET /v1/apps/${id}/webhook/secrets`, { key: LIVE });
    expect(body['data']).toMatchObject([{ prefix: secrets[0]!.slice(0, 8) }]);
  });

  it('pauses and resumes', async () => {
    const { id } = await createApp();
    expect(await call(`POST /v1/apps/${id}/webhook/pause`, { key: LIVE })).toMatchObject({
      status: 200,
      body: { webhook: { status: 'paused' } },
    });
    expect(await call(`POST /v1/apps/${id}/webhook/resume`, { key: LIVE })).toMatchObject({
      status: 200,
      body: { webhook: { status: 'enabled' } },
    });
    expect(await call(`POST /v1/apps/${id}/webhook/resume`, { key: LIVE })).toMatchObject({
      status: 409,
      body: { code: 'endpoint_not_paused' },
    });
    const disabled = await call(`PATCH /v1/apps/${id}`, { key: LIVE, body: { webhook: { status: 'disabled' } } });
    expect(disabled.body['webhook']).toMatchObject({
      status: 'disabled',
      disabled_reason: 'manual',
      disabled_at: expect.stringMatching(/Z$/),
    });
  });

  it('knows an installation from consent to revocation', async () => {
    const { id } = await createApp();
    const body = { app_id: id, merchant_id: 'mer_1', scopes: ['orders.read'] };
    const installed = await asOperator('POST /v1/operator/installations', body);
    expect(installed).toMatchObject({
      status: 201,
      body: { status: 'active', generation: 1, granted_scopes: ['orders.read'], revoked_by: null },
    });
    expect((await asOperator('POST /v1/operator/installations', body)).status).toBe(200);
    const at = `/v1/apps/${id}/installations`;
    expect((await call(`GET ${at}?status=active&merchant_id=mer_1`, { key: LIVE })).body['data']).toMatchObject([
      { id: installed.body['id'] },
    ]);
    expect((await call(`GET ${at}?status=revoked`, { key: LIVE })).body['data']).toEqual([]);
    const one = `${at}/${String(installed.body['id'])}`;
    expect((await call(`GET ${one}`, { key: LIVE })).body).toEqual(installed.body);
    const held = await call(`POST ${one}/suspend`, { key: LIVE, body: { reason: 'a dispute' } });
    expect(held).toMatchObject({ status: 200, body: { status: 'suspended', granted_scopes: ['orders.read'] } });
    expect(await call(`POST ${one}/unsuspend`, { key: LIVE })).toMatchObject({ status: 200, body: { status: 'active' } });
    for (const reason of ['x'.repeat(201), 'two\nlines']) {
      expect(await call(`POST ${one}/revoke`, { key: LIVE, body: { reason } })).toMatchObject({
        status: 422,
        body: { code: 'invalid_field' },
      });
    }
    expect(await call(`POST ${one}/revoke`, { key: LIVE, body: { reason: 'over' } })).toMatchObject({
      status: 200,
      body: { status: 'revoked', revoked_by: 'partner' },
    });
    expect((await call(`GET ${one}/history`, { key: LIVE })).body['data']).toMatchObject([
      { previous_status: 'active', status: 'revoked', actor: 'partner', reason: 'over' },
      { previous_status: 'suspended', status: 'active', actor: 'partner', reason: '' },
      { previous_status: 'active', status: 'suspended', actor: 'partner', reason: 'a dispute' },
      { previous_status: null, status: 'active', actor: 'operator' },
    ]);
    for (const change of ['suspend', 'unsuspend']) {
      expect(await call(`POST ${one}/${change}`, { key: LIVE })).toMatchObject({ status: 409, body: { code: 'installation_not_active' } });
    }
  });

  it('lets the operator hold and end one installation of anybody’s app, in his own name', async () => {
    const { id } = await createApp();
    const body = { app_id: id, merchant_id: 'mer_held', scopes: ['orders.read'] };
    const installed = String((await asOperator('POST /v1/operator/installations', body)).body['id']);
    const at = `/v1/operator/apps/${id}/installations/${installed}`;
    expect(await asOperator(`POST ${at}/suspend`, { reason: 'unpaid' })).toMatchObject({ status: 200, body: { status: 'suspended' } });
    expect(await asOperator(`POST ${at}/unsuspend`)).toMatchObject({ status: 200, body: { status: 'active' } });
    const ended = { status: 200, body: { id: installed, status: 'revoked', revoked_by: 'operator' } };
    for (const reason of ['fraud', 'again']) expect(await asOperator(`POST ${at}/revoke`, { reason })).toMatchObject(ended);
    expect((await call(`GET /v1/apps/${id}/installations/${installed}/history`, { key: LIVE })).body['data']).toMatchObject([
      { status: 'revoked', actor: 'operator', reason: 'fraud' },
      { status: 'active', actor: 'operator' },
      { status: 'suspended', actor: 'operator', reason: 'unpaid' },
      { status: 'active', actor: 'operator' },
    ]);
    const { body: audit } = await call(`GET /v1/apps/${id}/audit?limit=1`, { key: LIVE });
    expect(audit['data']).toMatchObject([{ action: 'installation.revoked', actor: { kind: 'operator' }, target: installed }]);
    const other = await createApp();
    expect((await asOperator(`POST ${at.replace(id, other.id)}/revoke`)).status).toBe(404);
  });

  it('installs an app through the pages, with what the merchant chose, and asks again when it wants more', async () => {
    const optional = { id: 'money', title: 'See money', scopes: ['payments.read'], optional: true };
    const [orders] = APP.permissions;
    const body = { ...APP, redirect_uris: ['https://shipit.example/callback'], permissions: [orders, optional] };
    const app = (await call('POST /v1/apps', { key: LIVE, body })).body as { id: string; client_id: string; client_secret: string };
    const browser = new MerchantBrowser({ publicUrl: services.gatewayUrl, gatewayUrl: services.gatewayUrl });
    const verifier = randomBytes(32).toString('base64url');
    const authorize = `/oauth/authorize?${new URLSearchParams({
      client_id: app.client_id,
      redirect_uri: 'https://shipit.example/callback',
      response_type: 'code',
      state: 'state-1',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    }).toString()}`;
    const page = await browser.submit(await browser.open(authorize), { press: 'merchant_id=mer_demo_1' });
    const pending = await call(`GET /v1/apps/${app.id}/installations`, { key: LIVE });
    expect(pending.body['data']).toMatchObject([{ status: 'pending_consent', merchant_id: 'mer_demo_1' }]);
    const { left } = await browser.submit(page, { press: 'decision=allow', set: { permission: [] } });
    const code = left!.searchParams.get('code')!;
    const form = { grant_type: 'authorization_code', code, redirect_uri: 'https://shipit.example/callback', code_verifier: verifier };
    const tokens = await postForm({ url: services.gatewayUrl }, '/oauth/token', form, basic(app.client_id, app.client_secret));
    expect(tokens).toMatchObject({ status: 200, body: { merchant_id: 'mer_demo_1', scope: 'installation.read orders.read' } });
    const at = `/v1/apps/${app.id}/installations/${String(tokens.body['installation_id'])}`;
    const installation = {
      status: 'active',
      generation: 1,
      granted_scopes: ['orders.read'],
      granted_permissions: ['orders'],
      installed_by: 'mer_demo_1',
    };
    expect((await call(`GET ${at}`, { key: LIVE })).body).toMatchObject(installation);

    expect((await call('GET /v1/installation', { key: String(tokens.body['access_token']) })).body).toMatchObject(installation);

    await call(`PATCH /v1/apps/${app.id}`, { key: LIVE, body: { permissions: [orders, { ...optional, optional: false }] } });
    expect((await call(`GET ${at}`, { key: LIVE })).body).toMatchObject({ ...installation, status: 'pending_permission_upgrade' });
    const upgrade = await browser.open(authorize);
    expect(upgrade.html).toContain('asks for more');
    expect((await browser.submit(upgrade, { press: 'decision=allow' })).left?.searchParams.get('code')).toBeTruthy();
    expect((await call(`GET ${at}`, { key: LIVE })).body).toMatchObject({ status: 'active', granted_permissions: ['orders', 'money'] });
    expect((await call(`GET ${at}/history`, { key: LIVE })).body['data']).toMatchObject([
      { previous_status: 'pending_permission_upgrade', status: 'active', actor: 'merchant' },
      { status: 'pending_permission_upgrade', actor: 'partner' },
      { previous_status: 'pending_consent', status: 'active', actor: 'merchant' },
      { previous_status: null, status: 'pending_consent', actor: 'merchant' },
    ]);

    expect((await call(`POST ${at}/revoke`, { key: LIVE })).status).toBe(200);
    expect((await call('GET /v1/installation', { key: String(tokens.body['access_token']) })).status).toBe(401);
    const again = { grant_type: 'refresh_token', refresh_token: String(tokens.body['refresh_token']) };
    const late = await postForm({ url: services.gatewayUrl }, '/oauth/token', again, basic(app.client_id, app.client_secret));
    expect(late).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  it('shows a merchant what he has installed, and removes it when he says so, once', async () => {
    const { body: app } = await call('POST /v1/apps', { key: LIVE, body: APP });
    const install = async (merchantId: string): Promise<string> => {
      const body = { app_id: app['id'], merchant_id: merchantId, scopes: ['orders.read'] };
      return String((await asOperator('POST /v1/operator/installations', body)).body['id']);
    };
    const [id, other] = [await install('mer_demo_2'), await install('mer_demo_3')];
    const browser = new MerchantBrowser({ publicUrl: services.gatewayUrl, gatewayUrl: services.gatewayUrl });
    const list = await browser.submit(await browser.open('/merchant'), { press: 'merchant_id=mer_demo_2' });
    expect(list).toMatchObject({ status: 200, html: expect.stringContaining(`/merchant/apps/${id}`) });
    expect(list.html).not.toContain(other);
    expect((await browser.open(`/merchant/apps/${other}`)).status).toBe(404);

    const more = { id: 'money', title: 'See money', scopes: ['payments.read'], optional: false };
    await call(`PATCH /v1/apps/${String(app['id'])}`, { key: LIVE, body: { permissions: [...APP.permissions, more] } });
    const asked = await browser.open(`/merchant/apps/${id}/permissions`);
    expect(asked.html).toContain('asks for more');
    expect((await browser.submit(asked)).status).toBe(200);
    const at = `/v1/apps/${String(app['id'])}/installations/${id}`;
    expect((await call(`GET ${at}`, { key: LIVE })).body).toMatchObject({ status: 'active', granted_permissions: ['orders', 'money'] });

    const confirm = await browser.open(`/merchant/apps/${id}/revoke`);
    const headers = { cookie: browser.cookieHeader(confirm.url), 'sec-fetch-site': 'same-origin' };
    const route = `POST /v1/merchants/me/installations/${id}/revoke`;
    await Promise.all([browser.submit(confirm), browser.submit(confirm), call(route, { headers }), call(route, { headers })]);
    expect((await call('GET /v1/merchants/me/installations', { headers })).body).toEqual({ data: [], next_cursor: null });
    expect(await call(route.replace(id, other), { headers })).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect((await call(`GET ${at}/history`, { key: LIVE })).body['data']).toMatchObject([
      { status: 'revoked', actor: 'merchant' },
      { status: 'active', actor: 'merchant' },
      { status: 'pending_permission_upgrade', actor: 'partner' },
      { status: 'active', actor: 'operator' },
    ]);
    const { body: audit } = await call(`GET /v1/apps/${String(app['id'])}/audit`, { key: LIVE });
    const byMerchant = (audit['data'] as { action: string; actor: unknown }[]).filter(({ action }) => action === 'installation.revoked');
    expect(byMerchant).toMatchObject([{ actor: { kind: 'merchant', id: 'mer_demo_2' } }]);
  });

  it('suspends an app with its installations and tokens, and brings them back', async () => {
    const app = (await call('POST /v1/apps', { key: LIVE, body: APP })).body as { id: string; client_id: string; client_secret: string };
    const { body: installed } = await asOperator('POST /v1/operator/installations', {
      app_id: app.id,
      merchant_id: 'mer_suspended',
      scopes: ['orders.read'],
    });
    const at = `/v1/apps/${app.id}`;
    const installation = `${at}/installations/${String(installed['id'])}`;
    const credentials = basic(app.client_id, app.client_secret);
    const form = { grant_type: 'client_credentials' };
    const { body } = await postForm({ url: services.gatewayUrl }, '/oauth/token', form, credentials);
    const key = String(body['access_token']);
    expect((await call(`GET ${at}`, { key })).body).toMatchObject({ suspended_at: null });

    const suspension = await asOperator(`POST /v1/operator/apps/${app.id}/suspend`, { reason: 'abuse' });
    expect(suspension).toMatchObject({ status: 200, body: { app_id: app.id, suspended_at: expect.any(String) } });
    expect((await call(`GET ${at}`, { key })).status).toBe(401);
    expect((await postForm({ url: services.gatewayUrl }, '/oauth/token', form, credentials)).status).toBe(401);
    expect((await call(`GET ${at}`, { key: LIVE })).body).toMatchObject({ suspended_at: suspension.body['suspended_at'] });
    expect((await call(`GET ${installation}`, { key: LIVE })).body).toMatchObject({ status: 'suspended' });
    expect(await call(`POST ${installation}/unsuspend`, { key: LIVE })).toMatchObject({ status: 409, body: { code: 'app_suspended' } });
    const other = { app_id: app.id, merchant_id: 'mer_other', scopes: ['orders.read'] };
    expect(await asOperator('POST /v1/operator/installations', other)).toMatchObject({ status: 409, body: { code: 'app_suspended' } });

    expect((await asOperator(`POST /v1/operator/apps/${app.id}/unsuspend`)).body).toMatchObject({ suspended_at: null });
    expect((await call(`GET ${at}`, { key })).status).toBe(200);
    expect((await call(`GET ${installation}`, { key: LIVE })).body).toMatchObject({ status: 'active' });
    expect((await call(`GET ${installation}/history`, { key: LIVE })).body['data']).toMatchObject([
      { status: 'active', actor: 'operator', reason: 'app unsuspended' },
      { status: 'suspended', actor: 'operator', reason: 'app suspended' },
      { status: 'active', previous_status: null },
    ]);
  });

  it('forgets a merchant: his installations end at once and are gone soon, and his events are on their way', async () => {
    const { id } = await createApp();
    const body = { app_id: id, merchant_id: 'mer_forgotten', scopes: ['orders.read'] };
    const installed = await asOperator('POST /v1/operator/installations', body);
    const at = `/v1/apps/${id}/installations/${String(installed.body['id'])}`;
    const merchant = '/v1/operator/merchants/mer_forgotten';
    expect((await asOperator(`GET ${merchant}`)).body).toMatchObject({ id: 'mer_forgotten', live_installations: 1, erasure: null });
    expect(JSON.stringify((await asOperator('GET /v1/operator/merchants?limit=100')).body)).toContain('mer_forgotten');

    expect((await asOperator(`POST ${merchant}/erase`)).status).toBe(202);
    expect((await call(`GET ${at}`, { key: LIVE })).body).toMatchObject({ status: 'revoked', revoked_by: 'operator' });
    await eventually(async () => {
      const { body: shown } = await asOperator(`GET ${merchant}`);
      expect(shown).toMatchObject({ installations: 0, known_since: null, erasure: { left: ['deliveries'], done_at: null } });
    });
    expect((await call(`GET ${at}`, { key: LIVE })).status).toBe(404);
    expect(JSON.stringify((await call(`GET /v1/apps/${id}/audit`, { key: LIVE })).body)).not.toContain('mer_forgotten');
  });

  it('lets an app in by itself, for itself alone', async () => {
    const app = (await call('POST /v1/apps', { key: LIVE, body: APP })).body as { id: string; client_id: string; client_secret: string };
    const other = await createApp();
    const form = { grant_type: 'client_credentials' };
    const { body } = await postForm({ url: services.gatewayUrl }, '/oauth/token', form, basic(app.client_id, app.client_secret));
    const key = String(body['access_token']);
    expect((await call(`GET /v1/apps/${app.id}`, { key })).status).toBe(200);
    expect((await call('GET /v1/apps', { key })).body['data']).toMatchObject([{ id: app.id }]);
    for (const route of [
      `GET /v1/apps/${other.id}`,
      `PATCH /v1/apps/${other.id}`,
      `DELETE /v1/apps/${other.id}`,
      `POST /v1/apps/${other.id}/rotate-client-secret`,
    ]) {
      const request = route.startsWith('PATCH') ? { key, body: { name: 'Mine' } } : { key };
      expect({ route, status: (await call(route, request)).status }).toEqual({ route, status: 404 });
    }
  });

  it('keeps who changed what, of every route that changes an app', async () => {
    const app = await createApp();
    const at = `/v1/apps/${app.id}`;
    const { body: installed } = await asOperator('POST /v1/operator/installations', {
      app_id: app.id,
      merchant_id: 'mer_2',
      scopes: ['orders.read'],
    });
    const installation = `${at}/installations/${String(installed['id'])}`;
    const rotated = await call(`POST ${at}/rotate-secret`, { key: LIVE });
    const before = `${at}/webhook/secrets/${String(rotated.body['previous_secret_id'])}`;
    // The route as the document has it, and the action that it leaves behind.
    const changes: readonly (readonly [route: string, path: string, action: string])[] = [
      ['PATCH /v1/apps/{app_id}', at, 'app.updated'],
      ['POST /v1/apps/{app_id}/rotate-secret', `${at}/rotate-secret`, 'secret.rotated'],
      ['POST /v1/apps/{app_id}/webhook/secrets/{secret_id}/revoke', `${before}/revoke`, 'secret.revoked'],
      ['POST /v1/apps/{app_id}/rotate-client-secret', `${at}/rotate-client-secret`, 'client_secret.rotated'],
      ['POST /v1/apps/{app_id}/webhook/pause', `${at}/webhook/pause`, 'endpoint.paused'],
      ['POST /v1/apps/{app_id}/webhook/resume', `${at}/webhook/resume`, 'endpoint.resumed'],
      ['POST /v1/apps/{app_id}/installations/{installation_id}/suspend', `${installation}/suspend`, 'installation.suspended'],
      ['POST /v1/apps/{app_id}/installations/{installation_id}/unsuspend', `${installation}/unsuspend`, 'installation.unsuspended'],
      ['POST /v1/apps/{app_id}/installations/{installation_id}/revoke', `${installation}/revoke`, 'installation.revoked'],
    ];
    for (const [route, path] of changes) {
      if (route.endsWith('/rotate-secret')) continue;
      const method = route.split(' ')[0] ?? '';
      const { status } = await call(`${method} ${path}`, { key: LIVE, ...(method === 'PATCH' && { body: { name: 'Other' } }) });
      expect({ route, ok: status < 300 }).toEqual({ route, ok: true });
    }
    const made = ['app.created', 'secret.created', 'installation.created', ...changes.map(([, , action]) => action)];
    const entries = await eventually(async () => {
      const { body } = await call(`GET ${at}/audit`, { key: LIVE });
      const data = body['data'] as { action: string; actor: { kind: string; id: string }; request_id: string }[];
      expect(data.map(({ action }) => action).sort()).toEqual(made.sort());
      return data;
    });
    const actors = new Map(entries.map(({ action, actor }) => [action, `${actor.kind} ${actor.id}`]));
    expect(actors.get('installation.created')).toBe('operator operator');
    actors.delete('installation.created');
    expect(new Set(actors.values())).toEqual(new Set(['partner key_demo_live']));
    expect(entries.every(({ request_id: id }) => id.startsWith('req_'))).toBe(true);

    const { paths } = (await call('GET /v1/openapi.json')).body as { paths: Record<string, Record<string, unknown>> };
    const writes = Object.entries(paths)
      .filter(([path]) => path.startsWith('/v1/apps/{app_id}'))
      .flatMap(([path, item]) => Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`))
      .filter((route) => !route.startsWith('GET '));
    // Deleting an app takes its log out of sight: the registry's own spec looks at that.
    expect(writes.sort()).toEqual([...changes.map(([route]) => route), 'DELETE /v1/apps/{app_id}'].sort());
  });

  it('has an empty log for a new app, and no delivery that nobody made', async () => {
    const { id } = await createApp();
    expect(await call(`GET /v1/apps/${id}/deliveries`, { key: LIVE })).toMatchObject({
      status: 200,
      body: { data: [], next_cursor: null },
    });
    for (const route of ['GET /v1/deliveries/dlv_x', 'GET /v1/deliveries/dlv_x/attempts']) {
      expect(await call(route, { key: LIVE })).toMatchObject({ status: 404, body: { code: 'not_found' } });
    }
    expect(await call(`GET /v1/apps?cursor=nonsense`, { key: LIVE })).toMatchObject({ status: 400, body: { code: 'invalid_cursor' } });
  });

  it('has the catalogue', async () => {
    const { body } = await call('GET /v1/event-types', { key: LIVE });
    expect(body['data']).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          type: 'order.created',
          required_scope: 'orders.read',
          schema: { type: 'object' },
          example: { id: 'ord_1' },
          mandatory: false,
        }),
        expect.objectContaining({ type: 'partner_app.install.revoked', source: 'partner_app', required_scope: null, mandatory: true }),
      ]),
    );
    expect((await asOperator('GET /v1/operator/partners')).body['data']).toEqual(
      expect.arrayContaining([expect.objectContaining({ id: 'par_demo', name: 'Demo Partner' })]),
    );
  });

  it('is 503 within 2 s while a service is away, deletes all the same without the vault, and is well again afterwards', async () => {
    const { id } = await createApp();
    await services.stop('vault', 'SIGKILL');
    const started = performance.now();
    const answer = await call('POST /v1/apps', { key: LIVE, body: APP });
    expect(answer).toMatchObject({ status: 503, body: { code: 'service_unavailable' } });
    expect(answer.headers.get('retry-after')).not.toBeNull();
    expect(performance.now() - started).toBeLessThan(2000);
    expect((await call(`DELETE /v1/apps/${id}`, { key: LIVE })).status).toBe(204);
    await services.start('vault');
    await eventually(async () => expect((await call('POST /v1/apps', { key: LIVE, body: APP })).status).toBe(201));

    await services.stop('registry', 'SIGKILL');
    expect((await call('GET /v1/apps', { key: LIVE })).status).toBe(503);
    const health = await call('GET /health/system');
    expect(health).toMatchObject({
      status: 503,
      body: { status: 'error', services: { gateway: { status: 'up' }, registry: { status: 'down' } } },
    });
    await services.start('registry');
    await eventually(async () => expect((await call('GET /v1/apps', { key: LIVE })).status).toBe(200));
  });

  it('ends within its grace on SIGTERM', async () => {
    await services.stop('gateway');
    expect(services.log('gateway')).toContain('gateway.stopped');
    await services.start('gateway');
  });
});

describe('a production start', () => {
  const main = path.resolve(import.meta.dirname, '../dist/main.js');
  const env = {
    HTTP_PORT: '0',
    DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none',
    REDIS_URL: 'redis://127.0.0.1:1',
    REGISTRY_ADDRESS: '127.0.0.1:1',
    VAULT_ADDRESS: '127.0.0.1:1',
    DELIVERY_ADDRESS: '127.0.0.1:1',
    HOOKWRIGHT_PROFILE: 'production',
    OPERATOR_TOKEN: 'a-token-of-more-than-32-characters',
    PUBLIC_URL: 'https://hooks.example',
  };

  it.each([
    ['demo keys', { DEMO_KEYS: 'on' }, 'DEMO_KEYS'],
    ['the demo operator token', { OPERATOR_TOKEN: OPERATOR }, 'OPERATOR_TOKEN'],
  ])('with %s says so and ends with 1', async (_what, extra, variable) => {
    const child = spawn(process.execPath, [main], { env: { ...env, ...extra }, stdio: ['ignore', 'ignore', 'pipe'] });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    expect(await text(child.stderr)).toContain(variable);
    expect(await ended).toBe(1);
  });
});
