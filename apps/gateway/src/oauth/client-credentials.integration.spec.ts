import { generateKeyPairSync } from 'node:crypto';
import { Mode } from '@hookwright/contracts';
import { type TestDatabase, eventually } from '@hookwright/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { SCOPES } from '../access/scopes.ts';
import { type Answered, type Gateway, PUBLIC_URL, call, startGateway } from '../spec/gateway.ts';
import { type Client, KnownClients, asserting, basic, clientAssertion, postForm } from '../spec/oauth.ts';
import { app as sample, partnerId } from '../spec/samples.ts';
import { type Setting, startSetting } from '../spec/setting.ts';
import { OAuthSweep } from './sweep.ts';

const PLATFORM = { id: 'platform', secret: 'a-secret-of-more-than-32-characters-for-the-specs' };
const GRANT = { grant_type: 'client_credentials' };

let setting: Setting;
let database: TestDatabase;
let gateway: Gateway;
let clients: KnownClients;
let client: Client;

beforeAll(async () => {
  setting = await startSetting({ INTROSPECTION_SECRET: PLATFORM.secret });
  ({ gateway, database } = setting);
  clients = new KnownClients(gateway);
  client = await eventually(() => clients.add());
});

afterAll(() => setting.stop());

beforeEach(() => {
  gateway.expectNothing();
  clients.answer();
});

const token = (form: Record<string, string> = {}, headers: Record<string, string> = {}): Promise<Answered> =>
  postForm(gateway, '/oauth/token', { ...GRANT, ...form }, headers);
const own = (): Record<string, string> => basic(client.clientId, client.secret);
const issue = async (form: Record<string, string> = {}): Promise<string> => String((await token(form, own())).body['access_token']);
const introspect = async (of: string, headers: Record<string, string> = own()) =>
  (await postForm(gateway, '/oauth/introspect', { token: of }, headers)).body;

describe('a token of an app itself', () => {
  it('is got with the client secret in the header or in the body', async () => {
    const { clientId: client_id, secret: client_secret } = client;
    for (const answer of [await token({}, own()), await token({ client_id, client_secret })]) {
      expect(answer).toMatchObject({
        status: 200,
        body: { access_token: expect.stringMatching(/^[\w-]{43}$/), token_type: 'Bearer', expires_in: 3600, scope: SCOPES.join(' ') },
      });
      expect(Object.keys(answer.body).sort()).toEqual(['access_token', 'expires_in', 'scope', 'token_type']);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.headers.get('x-request-id')).toMatch(/^req_/);
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
      expect(answer.headers.get('set-cookie')).toBeNull();
    }
  });

  it('is got with a key of the app by an app that has keys, once for each assertion, and not with its secret', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const other = generateKeyPairSync('ed25519').privateKey;
    const signing = await clients.add({ jwksJson: JSON.stringify({ keys: [publicKey.export({ format: 'jwk' })] }) });
    const with_ = (assertion: string) => token({ client_id: signing.clientId, ...asserting(assertion) });
    const assertion = clientAssertion(signing.clientId, privateKey);
    expect(await with_(assertion)).toMatchObject({ status: 200 });
    expect(await with_(clientAssertion(signing.clientId, privateKey, { aud: `${PUBLIC_URL}/oauth/token` }))).toMatchObject({ status: 200 });
    const refused = [
      assertion,
      clientAssertion(signing.clientId, other),
      clientAssertion(signing.clientId, privateKey, {}, 'none'),
      clientAssertion(signing.clientId, privateKey, { aud: 'https://another.example' }),
      clientAssertion(signing.clientId, privateKey, { exp: Math.floor(Date.now() / 1000) - 60 }),
      clientAssertion(signing.clientId, privateKey, { iss: client.clientId }),
      clientAssertion(signing.clientId, privateKey, { jti: undefined }),
    ];
    for (const wrong of refused) expect(await with_(wrong)).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    expect(await token({}, basic(signing.clientId, signing.secret))).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    const once = clientAssertion(signing.clientId, privateKey);
    const statuses = (await Promise.all(Array.from({ length: 20 }, () => with_(once)))).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
  });

  it('is not got with anything else', async () => {
    const another = await clients.add();
    const refusals: [Record<string, string>, Record<string, string>, number, string][] = [
      [{}, basic(client.clientId, `${client.secret}x`), 401, 'invalid_client'],
      [{}, basic(client.clientId, another.secret), 401, 'invalid_client'],
      [{}, basic(client.clientId, 'kept-elsewhere'), 401, 'invalid_client'],
      [{}, basic('nobody', client.secret), 401, 'invalid_client'],
      [{}, basic('x'.repeat(5000), client.secret), 401, 'invalid_client'],
      [{ client_id: client.clientId }, {}, 401, 'invalid_client'],
      [{ client_secret: client.secret }, own(), 400, 'invalid_request'],
      [{}, {}, 400, 'invalid_request'],
      [{ grant_type: 'password' }, own(), 400, 'unsupported_grant_type'],
      [{ grant_type: 'authorization_code', code: 'x' }, own(), 400, 'invalid_request'],
      [{ resource: 'https://another.example/v1' }, own(), 400, 'invalid_target'],
      [{ scope: 'orders.read' }, own(), 400, 'invalid_scope'],
      [{}, { ...own(), origin: 'https://evil.example' }, 400, 'invalid_request'],
    ];
    for (const [form, headers, status, error] of refusals) {
      const answer = await token(form, headers);
      expect({ form, status: answer.status, error: answer.body['error'] }).toEqual({ form, status, error });
      expect(JSON.stringify(answer.body)).not.toContain(client.secret);
    }
    const json = await call(gateway, 'POST /oauth/token', { body: GRANT, headers: own() });
    expect(json).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    expect((await postForm(gateway, '/oauth/token', { ...GRANT, scope: 'a'.repeat(2_000_000) }, own())).status).toBe(413);
    expect((await postForm(gateway, '/oauth/token', { ...GRANT, scope: 'a'.repeat(200_000) }, own())).status).toBe(400);
  });

  it('is told to wait for with the 20th wrong secret of a minute, while the right one opens', async () => {
    const guessed = await clients.add();
    const statuses: number[] = [];
    for (let n = 1; n < 20; n++) statuses.push((await token({}, basic(guessed.clientId, `hwcs_${n}`))).status);
    expect(new Set(statuses)).toEqual(new Set([401]));
    const waiting = await token({}, basic(guessed.clientId, 'hwcs_20'));
    expect(waiting).toMatchObject({ status: 429, body: { error: 'invalid_client' } });
    const seconds = Number(waiting.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(60);
    expect((await token({}, basic(guessed.clientId, guessed.secret))).status).toBe(200);
    expect((await token({}, own())).status).toBe(200);
  });

  it('is told of to nobody who guesses the secret of the platform, who is told to wait as others are', async () => {
    const key = await issue();
    const wrong = basic(PLATFORM.id, `${PLATFORM.secret}x`);
    const guess = (): Promise<Answered> => postForm(gateway, '/oauth/introspect', { token: key }, wrong);
    for (let n = 0; n < 20; n++) await guess();
    expect(await guess()).toMatchObject({ status: 429, body: { error: 'invalid_client' } });
    expect(await introspect(key, basic(PLATFORM.id, PLATFORM.secret))).toMatchObject({ active: true });
  });

  it('has the scopes that were asked for, as far as there are such', async () => {
    expect((await token({ scope: 'apps.read deliveries.read' }, own())).body['scope']).toBe('apps.read deliveries.read');
    expect((await token({ scope: 'apps.read everything' }, own())).body['scope']).toBe('apps.read');
    const reading = await issue({ scope: 'apps.read' });
    expect(await call(gateway, `DELETE /v1/apps/${client.appId}`, { key: reading })).toMatchObject({
      status: 403,
      body: { code: 'insufficient_scope' },
    });
  });

  it('opens the API for its app alone, in its mode', async () => {
    const tenants: unknown[] = [];
    gateway.registry.handlers.getApp = ({ tenant, appId }) => {
      tenants.push(tenant);
      return { app: { ...sample, id: appId } };
    };
    gateway.registry.handlers.listApps = ({ tenant }) => {
      tenants.push(tenant);
      return { apps: [] };
    };
    const key = await issue();
    expect((await call(gateway, `GET /v1/apps/${client.appId}`, { key })).status).toBe(200);
    expect((await call(gateway, 'GET /v1/apps', { key })).status).toBe(200);
    expect(tenants).toMatchObject([1, 2].map(() => ({ partnerId, mode: Mode.LIVE, appId: client.appId })));
    expect(await call(gateway, 'POST /v1/apps', { key, body: { name: 'More' } })).toMatchObject({
      status: 403,
      body: { code: 'insufficient_scope' },
    });
    expect((await call(gateway, 'GET /v1/operator/partners', { key })).status).toBe(401);
  });

  it('is another caller than the client’s next one, with the same limit', async () => {
    gateway.registry.handlers.listApps = () => ({ apps: [] });
    const [one, two] = [await issue(), await issue()];
    const left = async (key: string) =>
      Number(/r=(\d+)/.exec((await call(gateway, 'GET /v1/apps', { key })).headers.get('ratelimit') ?? '')?.[1]);
    expect((await left(one)) - (await left(two))).toBe(1);
  });

  it('opens nothing any more, a second after it was revoked', async () => {
    gateway.registry.handlers.listApps = () => ({ apps: [] });
    const key = await issue();
    expect((await call(gateway, 'GET /v1/apps', { key })).status).toBe(200);
    const stranger = await clients.add();
    const foreign = await postForm(gateway, '/oauth/revoke', { token: key }, basic(stranger.clientId, stranger.secret));
    expect(foreign.status).toBe(200);
    expect(await introspect(key)).toMatchObject({ active: true });
    expect((await postForm(gateway, '/oauth/revoke', { token: key }, own())).status).toBe(200);
    expect((await call(gateway, 'GET /v1/apps', { key })).status).toBe(401);
    expect(await introspect(key)).toEqual({ active: false });
    expect((await postForm(gateway, '/oauth/revoke', { token: key }, own())).status).toBe(200);
  });

  it('is told of to its app and to the platform, and to nobody else', async () => {
    const key = await issue({ scope: 'apps.read' });
    const told = {
      active: true,
      client_id: client.clientId,
      scope: 'apps.read',
      aud: `${PUBLIC_URL}/v1`,
      iss: PUBLIC_URL,
      app_id: client.appId,
      partner_id: partnerId,
      mode: 'live',
      token_type: 'Bearer',
    };
    expect(await introspect(key)).toMatchObject(told);
    expect(await introspect(key, basic(PLATFORM.id, PLATFORM.secret))).toMatchObject(told);
    const stranger = await clients.add();
    expect(await introspect(key, basic(stranger.clientId, stranger.secret))).toEqual({ active: false });
    expect(await introspect('x'.repeat(43))).toEqual({ active: false });
    expect(await introspect(key, basic(PLATFORM.id, `${PLATFORM.secret}x`))).toMatchObject({ error: 'invalid_client' });
    expect(await token({}, basic(PLATFORM.id, PLATFORM.secret))).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
  });

  it('is stored in no spelling, and goes when it has expired', async () => {
    const key = await issue();
    const rows = async () =>
      (await database.pool.query<{ stored: string }>('SELECT t::text AS stored FROM oauth_token t')).rows.map(({ stored }) => stored);
    const stored = (await rows()).join(' ');
    for (const spelling of [
      key,
      Buffer.from(key).toString('base64'),
      Buffer.from(key).toString('hex'),
      Buffer.from(key, 'base64url').toString('hex'),
    ]) {
      expect(stored).not.toContain(spelling);
    }
    await database.pool.query(`UPDATE oauth_token SET expires_at = now() - interval '1 second'`);
    expect((await call(gateway, 'GET /v1/apps', { key })).status).toBe(401);
    await gateway.app.get(OAuthSweep).sweep();
    expect(await rows()).toEqual([]);
  });

  it('is not given to an app that was deleted, and those it had go with it', async () => {
    const gone = await clients.add();
    const headers = basic(gone.clientId, gone.secret);
    expect((await token({}, headers)).status).toBe(200);
    Object.assign(gateway.registry.handlers, { getApp: () => ({ app: { ...sample, id: gone.appId } }), deleteApp: () => ({}) });
    gateway.vault.handlers.eraseSecrets = () => ({});
    expect((await call(gateway, `DELETE /v1/apps/${gone.appId}`, { key: setting.key })).status).toBe(204);
    for (const table of ['oauth_token', 'client_secret']) {
      expect((await database.pool.query(`SELECT 1 FROM ${table} WHERE app_id = $1`, [gone.appId])).rowCount).toBe(0);
    }
    clients.delete(gone.clientId);
    expect(await token({}, headers)).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
  });
});

describe('the authorization server', () => {
  it('says what there is, with its own address whatever the request says', async () => {
    const headers = { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'http', forwarded: 'host=evil.example' };
    const { status, body } = await call(gateway, 'GET /.well-known/oauth-authorization-server', { headers });
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        issuer: PUBLIC_URL,
        authorization_endpoint: `${PUBLIC_URL}/oauth/authorize`,
        token_endpoint: `${PUBLIC_URL}/oauth/token`,
        revocation_endpoint: `${PUBLIC_URL}/oauth/revoke`,
        introspection_endpoint: `${PUBLIC_URL}/oauth/introspect`,
        response_types_supported: ['code'],
        response_modes_supported: ['query'],
        grant_types_supported: expect.arrayContaining(['authorization_code', 'refresh_token', 'client_credentials']),
        code_challenge_methods_supported: ['S256'],
        token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
        revocation_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
        introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
        token_endpoint_auth_signing_alg_values_supported: ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'],
        authorization_response_iss_parameter_supported: true,
        scopes_supported: [...SCOPES, 'installation.read'],
      },
    });
  });

  it.each(['/oauth/jwks', '/oauth/reg', '/oauth/session/end', '/.well-known/openid-configuration', '/jwks', '/me', '/device', '/request'])(
    'has no %s',
    async (path) => {
      for (const method of ['GET', 'POST'])
        expect(await call(gateway, `${method} ${path}`)).toMatchObject({ status: 404, body: { code: 'not_found' } });
    },
  );

  it('is 503 with Retry-After while a store or the registry is away', async () => {
    const away = { status: 503, body: { error: 'temporarily_unavailable' } };
    const alone = await startGateway({ databaseUrl: 'postgresql://nobody@127.0.0.1:1/none', redisUrl: setting.redisUrl });
    try {
      const there = new KnownClients(alone);
      there.answer();
      alone.registry.handlers.getOAuthClient = () => ({ app: { ...sample, clientId: client.clientId }, partnerName: '' });
      const started = performance.now();
      const answer = await postForm(alone, '/oauth/token', GRANT, own());
      expect(answer).toMatchObject(away);
      expect(answer.headers.get('retry-after')).toBe('2');
      expect(performance.now() - started).toBeLessThan(2100);
      alone.registry.stop();
      expect(await postForm(alone, '/oauth/token', GRANT, own())).toMatchObject(away);
    } finally {
      await alone.stop();
    }
  });

  it('is counted', async () => {
    await issue();
    const { text } = (await call(gateway, 'GET /metrics')).body;
    expect(text).toMatch(/hookwright_oauth_tokens_total\{grant="client_credentials"\} \d+/);
    expect(text).toMatch(/hookwright_oauth_errors_total\{endpoint="token",error="invalid_client"\} \d+/);
    expect(text).toMatch(/hookwright_gateway_requests_total\{method="POST",route="\/oauth\/token",status="2xx"\} \d+/);
  });
});
