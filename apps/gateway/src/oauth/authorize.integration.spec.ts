import { InstallationStatus } from '@hookwright/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Gateway, PUBLIC_URL, call } from '../spec/gateway.ts';
import { type Installing, startInstalling } from '../spec/installing.ts';
import { Authorization, Installs, REDIRECT_URI, agree, newBrowser, openConsent } from '../spec/installs.ts';
import { type Client, KnownClients, basic, postForm } from '../spec/oauth.ts';
import { partnerId } from '../spec/samples.ts';

const orders = { id: 'orders', title: 'See orders', scopes: ['orders.read'] };
const money = { id: 'money', title: 'See money', scopes: ['payments.read'], optional: true };
const INSTALLABLE = { redirectUris: [REDIRECT_URI], permissions: [orders, money], permissionRevision: 3n };

let setting: Installing;
let gateway: Gateway;
let clients: KnownClients;
let installs: Installs;
let client: Client;

beforeAll(async () => {
  setting = await startInstalling();
  ({ gateway, clients, installs } = setting);
});

afterAll(() => setting.stop());

beforeEach(async () => {
  client = await setting.newApp(INSTALLABLE);
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
