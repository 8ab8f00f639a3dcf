import { InstallationStatus } from '@hookwright/contracts';
import { type TestDatabase } from '@hookwright/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Gateway, call, startGateway } from '../spec/gateway.ts';
import { DEMO_LOGIN, type Installing, startInstalling } from '../spec/installing.ts';
import { Authorization, Installs, REDIRECT_URI, newBrowser, openConsent } from '../spec/installs.ts';
import { type Client, KnownClients, postForm } from '../spec/oauth.ts';

const orders = { id: 'orders', title: 'See orders', scopes: ['orders.read'] };
const money = { id: 'money', title: 'See money', scopes: ['payments.read'], optional: true };
const INSTALLABLE = { redirectUris: [REDIRECT_URI], permissions: [orders, money], permissionRevision: 3n };

let setting: Installing;
let database: TestDatabase;
let gateway: Gateway;
let clients: KnownClients;
let installs: Installs;
let client: Client;

beforeAll(async () => {
  setting = await startInstalling();
  ({ gateway, database, clients, installs } = setting);
});

afterAll(() => setting.stop());

beforeEach(async () => {
  client = await setting.newApp(INSTALLABLE);
});

const authorization = (of = client) => new Authorization(of, gateway);
const installed = () => installs.of(client.appId, 'mer_demo_1');

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
    const alone = await startGateway({ databaseUrl: database.url, redisUrl: 'redis://127.0.0.1:1' }, DEMO_LOGIN);
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
