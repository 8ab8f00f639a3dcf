import { setTimeout as delay } from 'node:timers/promises';
import { InstallationStatus } from '@hookwright/contracts';
import { type TestDatabase, eventually } from '@hookwright/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Gateway, PUBLIC_URL, call, startGateway } from '../spec/gateway.ts';
import { Authorization, Installs, REDIRECT_URI, agree, newBrowser, openConsent } from '../spec/installs.ts';
import { type Client, KnownClients, basic, postForm } from '../spec/oauth.ts';
import { partnerId } from '../spec/samples.ts';
import { type Setting, startSetting } from '../spec/setting.ts';

const orders = { id: 'orders', title: 'See orders', scopes: ['orders.read'] };
const money = { id: 'money', title: 'See money', scopes: ['payments.read'], optional: true };
const INSTALLABLE = { redirectUris: [REDIRECT_URI], permissions: [orders, money], permissionRevision: 3n };
const PROFILE = { HOOKWRIGHT_PROFILE: 'development', MERCHANT_LOGIN: 'demo' };

let setting: Setting;
let database: TestDatabase;
let gateway: Gateway;
let clients: KnownClients;
let installs: Installs;
let client: Client;

beforeAll(async () => {
  setting = await startSetting(PROFILE);
  ({ gateway, database } = setting);
  clients = new KnownClients(gateway);
  installs = new Installs(gateway, clients);
});

afterAll(() => setting.stop());

beforeEach(async () => {
  gateway.expectNothing();
  clients.answer();
  installs.answer();
  client = await eventually(() => clients.add(INSTALLABLE));
});

const authorization = (of = client) => new Authorization(of, gateway);
const installed = () => installs.of(client.appId, 'mer_demo_1');
const introspect = async (token: unknown) =>
  (await postForm(gateway, '/oauth/introspect', { token: String(token) }, basic(client.clientId, client.secret))).body;

describe('a merchant', () => {
  it('logs in, agrees, and goes back to the app, which gets its tokens', async () => {
    const asked = authorization();
    const browser = newBrowser(gateway);
    const page = await openConsent(browser, asked.url());
    expect(page).toMatchObject({ status: 200 });
    for (const text of ['Ship It', 'Ship It Inc.', 'See orders', 'See money', 'shipit.example', 'mer_demo_1'])
      expect(page.html).toContain(text);
    const done = await browser.submit(page, { press: 'decision=allow' });
    const { left } = done;
    expect(`${left?.origin}${left?.pathname}`).toBe(REDIRECT_URI);
    expect(Object.fromEntries(left!.searchParams)).toEqual({
      code: expect.stringMatching(/^[\w-]{43}$/),
      state: asked.state,
      iss: PUBLIC_URL,
    });
    expect(installed()).toMatchObject({
      status: InstallationStatus.ACTIVE,
      installedBy: 'mer_demo_1',
      grantedScopes: ['orders.read', 'payments.read'],
    });
    const answer = await asked.exchange(left!.searchParams.get('code')!);
    expect(answer).toMatchObject({ status: 200 });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).toEqual({
      access_token: expect.stringMatching(/^[\w-]{43}$/),
      refresh_token: expect.stringMatching(/^[\w-]{43}$/),
      token_type: 'Bearer',
      expires_in: 3600,
      scope: 'installation.read orders.read payments.read',
      merchant_id: 'mer_demo_1',
      installation_id: installed().id,
    });
    expect(await introspect(answer.body['access_token'])).toMatchObject({
      active: true,
      aud: 'urn:hookwright:merchant',
      sub: 'mer_demo_1',
      merchant_id: 'mer_demo_1',
      installation_id: installed().id,
      app_id: client.appId,
      partner_id: partnerId,
      mode: 'live',
    });
    expect((await call(gateway, 'GET /v1/apps', { key: String(answer.body['access_token']) })).status).toBe(401);
  });

  it('leaves out what he does not want', async () => {
    const asked = authorization();
    const browser = newBrowser(gateway);
    const page = await openConsent(browser, asked.url());
    const { left } = await browser.submit(page, { press: 'decision=allow', set: { permission: [] } });
    expect(installed().grantedScopes).toEqual(['orders.read']);
    const { body } = await asked.exchange(left!.searchParams.get('code')!);
    expect(body['scope']).toBe('installation.read orders.read');
  });

  it('denies, and nothing is installed', async () => {
    const asked = authorization();
    const browser = newBrowser(gateway);
    const { left } = await browser.submit(await openConsent(browser, asked.url()), { press: 'decision=deny' });
    expect(Object.fromEntries(left!.searchParams)).toEqual({
      error: 'access_denied',
      error_description: 'the merchant did not agree',
      state: asked.state,
      iss: PUBLIC_URL,
    });
    expect(installed().status).toBe(InstallationStatus.PENDING_CONSENT);
  });

  it('is asked again when he comes again, and sees what he agreed to', async () => {
    const browser = newBrowser(gateway);
    await agree(browser, authorization());
    const again = await browser.open(authorization().url());
    expect(again.url.pathname).toMatch(/^\/oauth\/interaction\//);
    expect(again.html).toContain('You agreed to this before');
    expect(again.html).not.toContain('asks for more');
  });

  it('agrees only to what the page showed', async () => {
    const browser = newBrowser(gateway);
    const page = await openConsent(browser, authorization().url());
    clients.change(client.clientId, { permissions: [orders, { ...money, optional: false }], permissionRevision: 4n });
    const again = await browser.submit(page, { press: 'decision=allow' });
    expect(again).toMatchObject({ status: 409 });
    expect(again.html).toContain('has changed what it asks for');
    expect(again.html).not.toContain('type="checkbox"');
    expect(installed().status).toBe(InstallationStatus.PENDING_CONSENT);
    expect((await browser.submit(again, { press: 'decision=allow' })).left?.searchParams.get('code')).toBeTruthy();
    expect(installed().grantedScopes).toEqual(['orders.read', 'payments.read']);
  });

  it('may be another one in the same browser than the last time', async () => {
    const browser = newBrowser(gateway);
    await agree(browser, authorization());
    const page = await browser.open(authorization().url());
    const login = /href="([^"]*\/oauth\/login[^"]*)"/.exec(page.html)![1]!;
    const other = await browser.submit(await browser.open(login), { press: 'merchant_id=mer_demo_2' });
    expect(other.html).toContain('mer_demo_2');
    const { left } = await browser.submit(other, { press: 'decision=allow' });
    expect(left?.searchParams.get('code')).toBeTruthy();
    expect(installs.of(client.appId, 'mer_demo_2').status).toBe(InstallationStatus.ACTIVE);
  });

  it('logs in anew when the app wants that, and is never let through unasked', async () => {
    const browser = newBrowser(gateway);
    await agree(browser, authorization());
    const asked = authorization();
    const { left } = await browser.open(asked.url({ prompt: 'none' }));
    expect(Object.fromEntries(left!.searchParams)).toMatchObject({ error: 'consent_required', state: asked.state });
    const login = await browser.open(authorization().url({ prompt: 'login' }));
    expect(login.url.pathname).toBe('/oauth/login');
    const page = await browser.submit(login, { press: 'merchant_id=mer_demo_1' });
    expect((await browser.submit(page, { press: 'decision=allow' })).left?.searchParams.get('code')).toBeTruthy();
  });
});

describe('an authorization request', () => {
  const NEAR_MISSES = [
    'http://shipit.example/callback',
    'https://SHIPIT.example/callback',
    'HTTPS://shipit.example/callback',
    'https://shipit.example:443/callback',
    'https://shipit.example:8443/callback',
    'https://shipit.example/callback/',
    'https://shipit.example/callback/../callback',
    'https://shipit.example/%63allback',
    'https://shipit.example/callback?x=1',
    'https://shipit.example/callback?',
    'https://shipit.example/callback#',
    'https://shipit.example/callback#x',
    'https://user@shipit.example/callback',
    'https://shipit.example@evil.example/callback',
    'https://shipit.example.evil.example/callback',
    'https://evil.shipit.example/callback',
    'https://evil.example\\@shipit.example/callback',
    'https://shipit.example\\callback',
    'https://shipit.example//callback',
    'https://shipit.example/callback%2f',
    'https://shipit.example/callback%00',
    'https://shipit.example/callback ',
    'https://shipіt.example/callback',
    'https://127.0.0.1/callback',
    'https://localhost/callback',
    'https://[::1]/callback',
    '//shipit.example/callback',
    'javascript:alert(1)',
    'https://shipit.example',
    '',
  ];

  it.each(NEAR_MISSES)('redirects nobody to %j', async (redirectUri) => {
    const visit = await newBrowser(gateway).open(authorization().url({ redirect_uri: redirectUri }));
    expect({ left: visit.left, status: visit.status }).toEqual({ left: undefined, status: 400 });
    expect(visit.html).toContain('This did not work');
  });

  it('redirects nobody when there are two redirect URIs, or none', async () => {
    for (const url of [
      `${authorization().url()}&redirect_uri=${encodeURIComponent('https://evil.example/')}`,
      authorization().url({ redirect_uri: undefined }),
    ]) {
      const visit = await newBrowser(gateway).open(url);
      expect({ left: visit.left, status: visit.status }).toEqual({ left: undefined, status: 400 });
    }
  });

  it.each<[string, Record<string, string | undefined>, string]>([
    ['state', { state: undefined }, 'invalid_request'],
    ['a challenge', { code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'],
    ['a method', { code_challenge_method: undefined }, 'invalid_request'],
    ['S256', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['a challenge of the right length', { code_challenge: 'short' }, 'invalid_request'],
    ['a code', { response_type: 'none' }, 'unsupported_response_type'],
    ['no token in an address', { response_type: 'token' }, 'invalid_request'],
    ['an answer in the query', { response_mode: 'form_post' }, 'invalid_request'],
    ['no request object', { request: 'eyJhbGciOiJub25lIn0.e30.' }, 'request_not_supported'],
    ['no address to fetch from', { request_uri: 'https://evil.example/request' }, 'request_uri_not_supported'],
    ['its own resource', { resource: `${PUBLIC_URL}/v1` }, 'invalid_target'],
    ['scopes that are such', { scope: 'orders.read "' }, 'invalid_scope'],
  ])('needs %s', async (_what, more, error) => {
    const asked = authorization();
    const { left, html } = await newBrowser(gateway).open(asked.url(more));
    const told =
      left === undefined
        ? /name="error" value="(\w+)"/.exec(html)?.[1]
        : (left.searchParams.get('error') ?? new URLSearchParams(left.hash.slice(1)).get('error'));
    expect(told).toBe(error);
    if (left !== undefined) expect(`${left.origin}${left.pathname}`).toBe(REDIRECT_URI);
  });

  it('of no app, or of one that installs nowhere, leads nowhere', async () => {
    const bare = await clients.add({ permissions: [orders] });
    for (const clientId of ['nobody', bare.clientId]) {
      expect(await newBrowser(gateway).open(authorization().url({ client_id: clientId }))).toMatchObject({ status: 400 });
    }
  });

  it('gives no scope that no permission asks for, and fewer when fewer are asked for', async () => {
    const asked = authorization();
    const browser = newBrowser(gateway);
    const page = await openConsent(browser, asked.url({ scope: 'orders.read everything apps.write openid offline_access' }));
    const { left } = await browser.submit(page, { press: 'decision=allow' });
    const { body } = await asked.exchange(left!.searchParams.get('code')!);
    expect(body['scope']).toBe('installation.read orders.read');
    expect(body).not.toHaveProperty('id_token');
  });
});

describe('a code', () => {
  it('is good for its app, its redirect URI and its verifier only', async () => {
    const stranger = await clients.add(INSTALLABLE);
    const asked = authorization();
    const code = await agree(newBrowser(gateway), asked);
    const wrong: Promise<{ status: number; body: Record<string, unknown> }>[] = [
      asked.exchange(code, { code_verifier: authorization().verifier }),
      asked.exchange(code, { code_verifier: '' }),
      asked.exchange(code, { redirect_uri: `${REDIRECT_URI}/` }),
      asked.exchange(code, {}, stranger),
      asked.exchange(`${code}x`),
    ];
    for (const answer of wrong) expect(await answer).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    expect((await asked.exchange(code)).status).toBe(200);
  });

  it('is exchanged by exactly one of 50 who come at once, and nobody keeps what it gave', async () => {
    const asked = authorization();
    const code = await agree(newBrowser(gateway), asked);
    const answers = await Promise.all(Array.from({ length: 50 }, () => asked.exchange(code)));
    const got = answers.filter(({ status }) => status === 200);
    expect(got).toHaveLength(1);
    for (const { status, body } of answers)
      if (status !== 200) expect({ status, error: body['error'] }).toEqual({ status: 400, error: 'invalid_grant' });
    for (const { body } of got) expect(await introspect(body['access_token'])).toEqual({ active: false });
  });

  it('that comes a second time ends the tokens that it gave, within a second', async () => {
    const asked = authorization();
    const code = await agree(newBrowser(gateway), asked);
    const { body } = await asked.exchange(code);
    expect(await introspect(body['refresh_token'])).toMatchObject({ active: true });
    expect(await asked.exchange(code)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    for (const token of [body['access_token'], body['refresh_token']]) expect(await introspect(token)).toEqual({ active: false });
    const { rowCount } = await database.pool.query('SELECT 1 FROM oauth_token WHERE app_id = $1', [client.appId]);
    expect(rowCount).toBe(0);
  });

  it('ends after its time', async () => {
    const brief = await startGateway(
      { databaseUrl: database.url, redisUrl: setting.redisUrl },
      { ...PROFILE, AUTHORIZATION_CODE_SECONDS: '1' },
    );
    try {
      Object.assign(brief.registry.handlers, gateway.registry.handlers);
      const asked = new Authorization(client, brief);
      const code = await agree(newBrowser(brief), asked);
      await eventually(async () => expect(await asked.exchange(code)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } }));
    } finally {
      await brief.stop();
    }
  });

  it('that comes a second time ends the tokens that it gave also after its time', async () => {
    const brief = await startGateway(
      { databaseUrl: database.url, redisUrl: setting.redisUrl },
      { ...PROFILE, AUTHORIZATION_CODE_SECONDS: '2' },
    );
    try {
      Object.assign(brief.registry.handlers, gateway.registry.handlers);
      const asked = new Authorization(client, brief);
      const code = await agree(newBrowser(brief), asked);
      const { status, body } = await asked.exchange(code);
      expect(status).toBe(200);
      await delay(3000);
      const refused = { status: 400, body: { error: 'invalid_grant' } };
      expect(await asked.exchange(code, { code_verifier: authorization().verifier })).toMatchObject(refused);
      expect(await introspect(body['refresh_token'])).toMatchObject({ active: true });
      expect(await asked.exchange(code)).toMatchObject(refused);
      for (const token of [body['access_token'], body['refresh_token']]) expect(await introspect(token)).toEqual({ active: false });
    } finally {
      await brief.stop();
    }
  });
});

describe('the pages', () => {
  it('cannot be framed, have no script and load nothing from elsewhere', async () => {
    const page = await openConsent(newBrowser(gateway), authorization().url());
    const csp = page.headers.get('content-security-policy');
    expect(csp).toBe("default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'");
    expect(Object.fromEntries(page.headers)).toMatchObject({
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'content-type': 'text/html; charset=utf-8',
    });
    expect(page.html).not.toMatch(/<script|style=|<iframe|<object|<img/i);
    const styles = /<link rel="stylesheet" href="([^"]*)"/.exec(page.html)![1]!;
    const css = await call(gateway, `GET ${styles}`);
    expect(css).toMatchObject({ status: 200 });
    expect(css.headers.get('content-type')).toBe('text/css; charset=utf-8');
    expect(css.headers.get('cache-control')).toContain('immutable');
  });

  it('have cookies that no script reads, for https only, and none of no use', async () => {
    const browser = newBrowser(gateway);
    const first = await fetch(new URL(authorization().url(), gateway.url), { redirect: 'manual' });
    for (const cookie of first.headers.getSetCookie()) {
      expect(cookie).toMatch(/^__Secure-hw_(interaction|resume)=[\w-]+; path=\/oauth\//);
      for (const attribute of [/; secure/i, /; httponly/i, /; samesite=lax/i]) expect(cookie).toMatch(attribute);
    }
    expect(first.headers.getSetCookie()).toHaveLength(2);
    const login = await browser.open(authorization().url());
    const answer = await postForm(gateway, '/oauth/login', {
      merchant_id: 'mer_demo_1',
      return_to: login.url.searchParams.get('return_to')!,
    });
    expect(answer).toMatchObject({ status: 303 });
    expect(answer.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^__Host-hw_merchant=[\w-]{43}; Path=\/; Max-Age=3600; HttpOnly; SameSite=Lax; Secure$/),
    ]);
  });

  it('show a hostile app as text', async () => {
    const hostile = `"><img src=x onerror=alert(1)>\u202e${'x'.repeat(60)}`;
    clients.change(client.clientId, { name: hostile, permissions: [{ ...orders, title: hostile }] });
    const { html } = await openConsent(newBrowser(gateway), authorization().url());
    expect(html).not.toContain('<img');
    expect(html).toContain('&quot;&gt;&lt;img src=x onerror=alert(1)&gt;');
  });

  it.each<[string, Parameters<ReturnType<typeof newBrowser>['submit']>[1]]>([
    ['without its token', { set: { csrf: '' } }],
    ['with another one’s token', { set: { csrf: 'x'.repeat(43) } }],
    ['from another site', { headers: { 'sec-fetch-site': 'cross-site' } }],
    ['from another origin', { headers: { origin: 'https://evil.example' } }],
  ])('take no form %s', async (_what, submission) => {
    const browser = newBrowser(gateway);
    const page = await openConsent(browser, authorization().url());
    expect(await browser.submit(page, { press: 'decision=allow', ...submission })).toMatchObject({ status: 403 });
    expect(installed().status).toBe(InstallationStatus.PENDING_CONSENT);
    expect((await browser.submit(page, { press: 'decision=allow' })).left?.searchParams.get('code')).toBeTruthy();
  });

  it('take no form of one merchant for another, nor one of another browser', async () => {
    const browser = newBrowser(gateway);
    const page = await openConsent(browser, authorization().url());
    const login = await browser.open(`/oauth/login?return_to=${encodeURIComponent(page.url.pathname)}`);
    await browser.submit(login, { press: 'merchant_id=mer_demo_2' });
    expect(await browser.submit(page, { press: 'decision=allow' })).toMatchObject({ status: 403 });
    const stranger = newBrowser(gateway);
    await openConsent(stranger, authorization().url());
    expect(await stranger.submit(page, { press: 'decision=allow' })).toMatchObject({ status: 400 });
    expect(installed().status).toBe(InstallationStatus.PENDING_CONSENT);
  });

  it.each<[string, Record<string, string>, number]>([
    ['no decision', { csrf: 'x' }, 422],
    ['a decision that is none', { decision: 'maybe' }, 422],
    ['a revision that is none', { permission_revision: '-1' }, 422],
  ])('answer a form with %s by a page', async (_what, fields, status) => {
    const browser = newBrowser(gateway);
    const page = await openConsent(browser, authorization().url());
    const answer = await browser.submit(page, { set: fields });
    expect({ status: answer.status, type: answer.headers.get('content-type') }).toEqual({
      status,
      type: expect.stringContaining('text/html'),
    });
  });

  it('take no form of 20 KB', async () => {
    const browser = newBrowser(gateway);
    const page = await openConsent(browser, authorization().url());
    expect((await browser.submit(page, { press: 'decision=allow', set: { csrf: 'x'.repeat(20_000) } })).status).toBe(413);
  });

  it('of a login that is set up otherwise are not there', async () => {
    expect((await newBrowser(gateway).open('/oauth/login/callback?code=x&state=y')).status).toBe(404);
  });

  it('say so when they have expired, and lead nowhere else from the login', async () => {
    expect(await newBrowser(gateway).open('/oauth/interaction/JqD2mS0aFf4qJQ5nYb6vX')).toMatchObject({
      status: 400,
      html: expect.stringContaining('expired'),
    });
    for (const page of ['https://evil.example/', '//evil.example', '/v1/apps', '']) {
      expect((await newBrowser(gateway).open(`/oauth/login?return_to=${encodeURIComponent(page)}`)).status).toBe(404);
      expect((await postForm(gateway, '/oauth/login', { merchant_id: 'mer_demo_1', return_to: page })).status).toBe(404);
    }
  });

  it('say so when the registry or Redis is away, and the merchant may try again', async () => {
    const browser = newBrowser(gateway);
    const page = await openConsent(browser, authorization().url());
    const { install } = gateway.registry.handlers;
    gateway.registry.handlers.install = () => new Promise<never>(() => undefined);
    expect(await browser.submit(page, { press: 'decision=allow' })).toMatchObject({
      status: 503,
      html: expect.stringContaining('Not right now'),
    });
    Object.assign(gateway.registry.handlers, { install });
    expect((await browser.submit(page, { press: 'decision=allow' })).left?.searchParams.get('code')).toBeTruthy();
    const alone = await startGateway({ databaseUrl: database.url, redisUrl: 'redis://127.0.0.1:1' }, PROFILE);
    try {
      Object.assign(alone.registry.handlers, gateway.registry.handlers);
      const visit = await newBrowser(alone).open(new Authorization(client, alone).url());
      expect(visit.left?.searchParams.get('error') ?? visit.status).toBe('temporarily_unavailable');
    } finally {
      await alone.stop();
    }
  });

  it('let nobody in where no login is set up', async () => {
    const closed = await startGateway({ databaseUrl: database.url, redisUrl: setting.redisUrl });
    try {
      Object.assign(closed.registry.handlers, gateway.registry.handlers);
      const visit = await newBrowser(closed).open(new Authorization(client, closed).url());
      expect(visit).toMatchObject({ status: 503, html: expect.stringContaining('cannot log in here yet') });
      const page = visit.url.searchParams.get('return_to')!;
      expect((await postForm(closed, '/oauth/login', { merchant_id: 'mer_demo_1', return_to: page })).status).toBe(404);
    } finally {
      await closed.stop();
    }
  });

  it('leave no code, cookie or token in Redis or PostgreSQL', async () => {
    const asked = authorization();
    const browser = newBrowser(gateway);
    const page = await openConsent(browser, asked.url());
    const cookies = browser
      .cookieHeader(page.url)
      .split('; ')
      .map((pair) => pair.split('=')[1]!);
    const { left } = await browser.submit(page, { press: 'decision=allow' });
    const code = left!.searchParams.get('code')!;
    const stored = await storedIn(setting.redisUrl);
    expect(stored).toContain('gateway:oauth:AuthorizationCode:');
    for (const secret of [code, ...cookies]) {
      for (const spelling of [secret, Buffer.from(secret).toString('hex'), Buffer.from(secret).toString('base64')])
        expect(stored).not.toContain(spelling);
    }
  });
});

/** Every key of this Redis with its value. */
async function storedIn(redisUrl: string): Promise<string> {
  const { Redis } = await import('ioredis');
  const redis = new Redis(redisUrl);
  try {
    const keys = await redis.keys('gateway:oauth:*');
    const values = await Promise.all(
      keys.map(async (key) => JSON.stringify(await redis.hgetallBuffer(key), (_name, value: unknown) => textOf(value))),
    );
    return [...keys, ...values].join('\n');
  } finally {
    redis.disconnect();
  }
}

function textOf(value: unknown): unknown {
  const { type, data } = (value ?? {}) as { type?: string; data?: number[] };
  return type === 'Buffer' && data !== undefined ? Buffer.from(data).toString('latin1') : value;
}
