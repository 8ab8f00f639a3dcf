import { Actor, InstallationStatus } from '@hookwright/contracts';
import { type MerchantBrowser, eventually } from '@hookwright/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Answered, type Gateway, PUBLIC_URL, call, startGateway } from '../spec/gateway.ts';
import { DEMO_LOGIN, type Installing, startInstalling } from '../spec/installing.ts';
import { Authorization, Installs, REDIRECT_URI, agree, newBrowser } from '../spec/installs.ts';
import { type Client, KnownClients, basic, postForm } from '../spec/oauth.ts';

const orders = { id: 'orders', title: 'See orders', scopes: ['orders.read'] };
const money = { id: 'money', title: 'See money', scopes: ['payments.read'], optional: true };
const customers = { id: 'customers', title: 'See customers', scopes: ['customers.read'] };
const INSTALLABLE = { redirectUris: [REDIRECT_URI], permissions: [orders, money], permissionRevision: 3n };
const OWN = { 'sec-fetch-site': 'same-origin' };
const MERCHANT = 'mer_demo_1';
const { ACTIVE, PENDING_PERMISSION_UPGRADE, REVOKED, SUSPENDED } = InstallationStatus;

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
  installs.all.clear();
  client = await setting.newApp(INSTALLABLE);
});

const installation = (merchantId = MERCHANT) => installs.of(client.appId, merchantId);
const pathOf = (step = '', merchantId = MERCHANT) => `/merchant/apps/${installation(merchantId).id}${step}`;
const cookieOf = (browser: MerchantBrowser) => browser.cookieHeader(new URL('/v1', PUBLIC_URL));

/** The whole way through the consent page: a browser that is logged in, and the app's tokens. */
async function install(merchantId = MERCHANT): Promise<{ browser: MerchantBrowser; token: string; refreshToken: string }> {
  const browser = newBrowser(gateway);
  const authorization = new Authorization(client, gateway);
  const { body } = await authorization.exchange(await agree(browser, authorization, merchantId));
  return { browser, token: String(body['access_token']), refreshToken: String(body['refresh_token']) };
}

/** Without an app. */
async function logIn(merchantId: string): Promise<MerchantBrowser> {
  const browser = newBrowser(gateway);
  await browser.submit(await browser.open('/merchant'), { press: `merchant_id=${merchantId}` });
  return browser;
}

/** The partner asks for more than was agreed to. */
function widen(): void {
  clients.change(client.clientId, { permissions: [orders, money, customers], permissionRevision: 4n });
  installs.change(installation(), { status: PENDING_PERMISSION_UPGRADE });
}

const own = (token: string) => call(gateway, 'GET /v1/installation', { key: token });
const api = (browser: MerchantBrowser, route: string, more: { body?: unknown; headers?: Record<string, string> } = {}): Promise<Answered> =>
  call(gateway, route, { ...more, headers: { cookie: cookieOf(browser), ...OWN, ...more.headers } });
const LIST = 'GET /v1/merchants/me/installations';
const revokeRoute = (id = installation().id) => `POST /v1/merchants/me/installations/${id}/revoke`;

describe("a merchant's pages", () => {
  it('lead to the login first, and then to where he wanted to go', async () => {
    await install();
    for (const path of ['/merchant', pathOf(), pathOf('/permissions'), pathOf('/revoke')]) {
      const browser = newBrowser(gateway);
      const login = await browser.open(path);
      expect(login.url.pathname).toBe('/oauth/login');
      const { status, url } = await browser.submit(login, { press: `merchant_id=${MERCHANT}` });
      expect([status, url.pathname]).toEqual([200, path]);
    }
  });

  it('list his apps, and nobody else’s', async () => {
    const { browser } = await install();
    const page = await browser.open('/merchant');
    for (const text of ['Your apps', 'Ship It', 'Ship It Inc.', MERCHANT, pathOf()]) expect(page.html).toContain(text);
    expect((await (await logIn('mer_demo_2')).open('/merchant')).html).toContain('No app is installed.');
  });

  it('show what an app may do', async () => {
    const { browser } = await install();
    const page = await browser.open(pathOf());
    for (const text of ['Ship It', 'See orders', 'orders.read', 'See money', 'Remove the app']) expect(page.html).toContain(text);
    installs.change(installation(), { status: SUSPENDED });
    expect((await browser.open(pathOf())).html).toContain('on hold');
  });

  it('remove an app once he says so, and its tokens end before he is told', async () => {
    const { browser, token } = await install();
    const other = await install('mer_demo_2');
    const asked = await browser.open(pathOf('/revoke'));
    expect(asked.html).toContain('Remove <bdi>Ship It</bdi>?');
    expect(installation().status).toBe(ACTIVE);
    expect(await own(token)).toMatchObject({ status: 200 });
    const done = await browser.submit(asked);
    expect(done).toMatchObject({ status: 200, html: expect.stringContaining('is removed') });
    expect(await own(token)).toMatchObject({ status: 401 });
    expect(installation()).toMatchObject({ status: REVOKED, revokedBy: Actor.MERCHANT });
    expect((await browser.open('/merchant')).html).toContain('No app is installed.');
    expect(await own(other.token)).toMatchObject({ status: 200 });
    // As a browser does that loads the page again.
    expect(await browser.submit(asked)).toMatchObject({ status: 200, html: expect.stringContaining('is removed') });
  });

  it('answer another merchant’s installation like one that ended and one that is none', async () => {
    await install();
    const stranger = await logIn('mer_demo_2');
    const texts = new Set<string>();
    for (const step of ['', '/permissions', '/revoke']) {
      for (const path of [pathOf(step), `/merchant/apps/ins_nobodys${step}`, `/merchant/apps/x${step}`]) {
        const visit = await stranger.open(path);
        expect({ path, status: visit.status }).toEqual({ path, status: 404 });
        texts.add(visit.html.replace(/req_\w+/g, ''));
      }
    }
    installs.change(installation(), { status: REVOKED });
    const visit = await (await logIn(MERCHANT)).open(pathOf());
    expect(visit.status).toBe(404);
    texts.add(visit.html.replace(/req_\w+/g, ''));
    expect(texts.size).toBe(1);
  });

  it('let him agree to what an app asks for beyond what he agreed to, without going by the app', async () => {
    const { browser, token } = await install();
    widen();
    expect((await browser.open('/merchant')).html).toContain('Asks for more');
    const page = await browser.open(pathOf('/permissions'));
    expect(page.html).toContain('asks for more');
    expect(page.html).toContain('See customers');
    const done = await browser.submit(page);
    expect(done).toMatchObject({ status: 200, html: expect.stringContaining('what you agreed to') });
    const grantedScopes = ['orders.read', 'payments.read', 'customers.read'];
    expect(installation()).toMatchObject({ status: ACTIVE, generation: 1, grantedScopes });
    expect(await own(token)).toMatchObject({ status: 200, body: { granted_scopes: grantedScopes } });
  });

  it('take what he unticks from the tokens too, which live on for the rest', async () => {
    const { browser, token, refreshToken } = await install();
    const done = await browser.submit(await browser.open(pathOf('/permissions')), { set: { permission: [] } });
    expect(done).toMatchObject({ status: 200, html: expect.stringContaining('what you agreed to') });
    expect(installation()).toMatchObject({ status: ACTIVE, grantedScopes: ['orders.read'] });
    expect(await own(token)).toMatchObject({ status: 401 });
    const form = { grant_type: 'refresh_token', refresh_token: refreshToken };
    const refreshed = await postForm(gateway, '/oauth/token', form, basic(client.clientId, client.secret));
    expect(refreshed).toMatchObject({ status: 200, body: { scope: 'installation.read orders.read' } });
    expect(await own(String(refreshed.body['access_token']))).toMatchObject({ status: 200 });
  });

  it('have him agree only to what they showed', async () => {
    const { browser } = await install();
    const page = await browser.open(pathOf('/permissions'));
    widen();
    const again = await browser.submit(page);
    expect(again).toMatchObject({ status: 409, html: expect.stringContaining('has changed what it asks for') });
    expect(installation().status).toBe(PENDING_PERMISSION_UPGRADE);
    expect(await browser.submit(again)).toMatchObject({ status: 200 });
    expect(installation().status).toBe(ACTIVE);
  });

  it('install no app again that was removed while he looked', async () => {
    const { browser } = await install();
    const page = await browser.open(pathOf('/permissions'));
    const { getMerchantInstallation } = gateway.registry.handlers;
    gateway.registry.handlers.getMerchantInstallation = async (request) => {
      const answer = await getMerchantInstallation!(request);
      installs.change(installation(), { status: REVOKED });
      return answer;
    };
    expect(await browser.submit(page)).toMatchObject({ status: 409, html: expect.stringContaining('Nothing was changed') });
    expect(installation()).toMatchObject({ status: REVOKED, generation: 1 });
  });

  it('log him out, of this browser alone', async () => {
    const [browser, other] = [await logIn(MERCHANT), await logIn(MERCHANT)];
    const cookie = cookieOf(browser);
    const out = await browser.submit(await browser.open('/merchant'));
    expect(out).toMatchObject({ status: 200, html: expect.stringContaining('You are logged out') });
    expect(cookieOf(browser)).toBe('');
    expect((await browser.open('/merchant')).url.pathname).toBe('/oauth/login');
    expect(await call(gateway, LIST, { headers: { cookie, ...OWN } })).toMatchObject({ status: 401 });
    expect((await other.open('/merchant')).url.pathname).toBe('/merchant');
  });

  it('take no cookie away for a form of another site, which comes without it', async () => {
    const answer = await postForm(gateway, '/merchant/logout', { csrf: 'x' });
    expect(answer).toMatchObject({ status: 200 });
    expect(answer.headers.getSetCookie()).toEqual([]);
  });

  it.each<[string, Parameters<MerchantBrowser['submit']>[1]]>([
    ['without its token', { set: { csrf: '' } }],
    ['with another one’s token', { set: { csrf: 'x'.repeat(43) } }],
    ['from another site', { headers: { 'sec-fetch-site': 'cross-site' } }],
    ['from a neighbour of the same site', { headers: { 'sec-fetch-site': 'same-site' } }],
    ['from another origin', { headers: { origin: 'https://evil.example' } }],
  ])('take no form %s', async (_what, submission) => {
    const { browser } = await install();
    widen();
    const before = installation();
    for (const path of [pathOf('/revoke'), pathOf('/permissions'), '/merchant']) {
      expect(await browser.submit(await browser.open(path), submission ?? {})).toMatchObject({ status: 403 });
    }
    expect(installation()).toEqual(before);
    expect((await browser.open('/merchant')).url.pathname).toBe('/merchant');
  });

  it('take the token of one form for no other, nor that of another merchant', async () => {
    const { browser } = await install();
    const tokenOf = async (path: string, of = browser) => /name="csrf" value="([^"]+)"/.exec((await of.open(path)).html)![1]!;
    const stranger = await logIn('mer_demo_2');
    const page = await browser.open(pathOf('/revoke'));
    for (const csrf of [await tokenOf('/merchant'), await tokenOf(pathOf('/permissions')), await tokenOf('/merchant', stranger)])
      expect(await browser.submit(page, { set: { csrf } })).toMatchObject({ status: 403 });
    // With the very form of the other one.
    expect(await stranger.submit(page)).toMatchObject({ status: 403 });
    expect(installation().status).toBe(ACTIVE);
  });

  it('tell who sends a form after his login has ended to log in, and change nothing', async () => {
    const { browser } = await install();
    const page = await browser.open(pathOf('/revoke'));
    await browser.submit(await browser.open('/merchant'));
    const visit = await browser.submit(page);
    expect(visit).toMatchObject({ status: 200, html: expect.stringContaining('Your login has ended') });
    expect(visit.html).toContain('href="/oauth/login?return_to=');
    expect(installation().status).toBe(ACTIVE);
  });

  it.each([{ csrf: '' }, { generation: '-1' }, { permission_revision: 'x' }])('answer a form with %j by a page', async (fields) => {
    const { browser } = await install();
    const { status, headers } = await browser.submit(await browser.open(pathOf('/permissions')), { set: fields });
    expect(status).toBe('csrf' in fields ? 403 : 422);
    expect(headers.get('content-type')).toContain('text/html');
  });

  it('cannot be framed, have no script and are kept by no cache', async () => {
    const { browser } = await install();
    for (const path of [
      '/merchant',
      '/merchant?from=portal&limit=1',
      pathOf(),
      pathOf('/permissions'),
      pathOf('/revoke'),
      '/merchant/apps/ins_none',
    ]) {
      const { headers, html } = await browser.open(path);
      expect(Object.fromEntries(headers)).toMatchObject({
        'content-security-policy': "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        'x-frame-options': 'DENY',
        'cache-control': 'no-store',
        'content-type': 'text/html; charset=utf-8',
      });
      expect(html).not.toMatch(/<script|style=|<iframe|<object|<img/i);
    }
  });

  it('say so when the registry or Redis is away', async () => {
    const { browser } = await install();
    const page = await browser.open(pathOf('/revoke'));
    const { revokeInstallation } = gateway.registry.handlers;
    gateway.registry.handlers.revokeInstallation = () => new Promise<never>(() => undefined);
    expect(await browser.submit(page)).toMatchObject({ status: 503, html: expect.stringContaining('Not right now') });
    Object.assign(gateway.registry.handlers, { revokeInstallation });
    expect(await browser.submit(page)).toMatchObject({ status: 200 });
    const alone = await startGateway({ databaseUrl: setting.database.url, redisUrl: 'redis://127.0.0.1:1' }, DEMO_LOGIN);
    try {
      const headers = { cookie: cookieOf(browser), ...OWN };
      expect(await call(alone, 'GET /merchant', { headers })).toMatchObject({ status: 503 });
      expect(await call(alone, LIST, { headers })).toMatchObject({ status: 503, body: { code: 'service_unavailable' } });
    } finally {
      await alone.stop();
    }
  });
});

describe("a merchant's API", () => {
  it('lists what he has installed, with what he knows the apps by', async () => {
    const { browser } = await install();
    const { status, body } = await api(browser, LIST);
    expect({ status, body }).toMatchObject({ status: 200, body: { next_cursor: null } });
    expect(body['data']).toMatchObject([
      {
        id: installation().id,
        app_id: client.appId,
        merchant_id: MERCHANT,
        status: 'active',
        granted_permissions: ['orders', 'money'],
        app_name: 'Ship It',
        partner_name: 'Ship It Inc.',
        mode: 'live',
      },
    ]);
    expect((await api(await logIn('mer_demo_2'), LIST)).body['data']).toEqual([]);
  });

  it('removes an app, and its tokens end before it is answered', async () => {
    const { browser, token } = await install();
    const answer = await api(browser, revokeRoute(), { body: { reason: 'too dear' } });
    expect(answer).toMatchObject({ status: 200, body: { status: 'revoked', revoked_by: 'merchant', app_name: 'Ship It' } });
    expect(await own(token)).toMatchObject({ status: 401 });
    expect(await api(browser, revokeRoute())).toMatchObject({ status: 200, body: { status: 'revoked' } });
    const checks = 'SELECT 1 FROM grant_check WHERE installation_id = $1';
    await eventually(async () => expect((await setting.database.pool.query(checks, [installation().id])).rowCount).toBe(0));
  });

  it('answers another merchant’s installation exactly like an unknown one, and leaves it', async () => {
    const { token } = await install();
    const stranger = await logIn('mer_demo_2');
    const [theirs, nobodys] = [await api(stranger, revokeRoute()), await api(stranger, revokeRoute('ins_nobodys'))];
    expect(theirs).toMatchObject({ status: 404, body: { code: 'not_found' } });
    const blank = { request_id: '', instance: '' };
    expect({ ...theirs.body, ...blank }).toEqual({ ...nobodys.body, ...blank });
    expect(await own(token)).toMatchObject({ status: 200 });
  });

  it.each<[string, Record<string, string>]>([
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['a neighbour of the same site', { 'sec-fetch-site': 'same-site', origin: 'https://evil.hooks.example' }],
    ['a link or an address bar', { 'sec-fetch-site': 'none' }],
  ])('takes no change that comes from %s', async (_what, headers) => {
    const { browser } = await install();
    expect(await api(browser, revokeRoute(), { headers })).toMatchObject({ status: 403, body: { code: 'cross_site_request' } });
    expect(installation().status).toBe(ACTIVE);
  });

  it('takes no change of a browser that says nothing, unless its origin is ours', async () => {
    const { browser } = await install();
    const cookie = cookieOf(browser);
    for (const headers of [{ cookie }, { cookie, origin: 'null' }, { cookie, origin: 'https://evil.example' }])
      expect(await call(gateway, revokeRoute(), { headers })).toMatchObject({ status: 403, body: { code: 'cross_site_request' } });
    expect(await call(gateway, revokeRoute(), { headers: { cookie, origin: PUBLIC_URL } })).toMatchObject({ status: 200 });
  });

  it('is for who is logged in, and his login for nothing else', async () => {
    const { browser, token } = await install();
    for (const key of [undefined, setting.key, token]) {
      const { status, headers, body } = await call(gateway, LIST, { key, headers: OWN });
      expect({ status, code: body['code'] }).toEqual({ status: 401, code: 'unauthenticated' });
      expect(headers.get('www-authenticate')).toBe('Cookie realm="hookwright"');
    }
    for (const cookie of ['__Host-hw_merchant=x', `__Host-hw_merchant=${'x'.repeat(43)}`])
      expect(await call(gateway, LIST, { headers: { cookie } })).toMatchObject({ status: 401 });
    for (const route of ['GET /v1/apps', 'GET /v1/installation', 'GET /v1/operator/partners'])
      expect(await api(browser, route)).toMatchObject({ status: 401 });
  });

  it('gives the first answer again for the same Idempotency-Key, to the same login only', async () => {
    const { browser } = await install();
    const headers = { 'idempotency-key': 'k1' };
    const first = await api(browser, revokeRoute(), { headers });
    const again = await api(browser, revokeRoute(), { headers });
    expect(again).toMatchObject({ status: 200, body: first.body });
    expect([first, again].map((answer) => answer.headers.get('idempotency-replayed'))).toEqual([null, 'true']);
    expect(await api(browser, revokeRoute(), { headers, body: { reason: 'other' } })).toMatchObject({
      status: 422,
      body: { code: 'idempotency_key_reused' },
    });
    expect((await api(await logIn(MERCHANT), revokeRoute(), { headers })).headers.get('idempotency-replayed')).toBeNull();
  });

  it('refuses a reason that the registry would refuse', async () => {
    const { browser } = await install();
    for (const reason of ['x'.repeat(201), 'two\nlines'])
      expect(await api(browser, revokeRoute(), { body: { reason } })).toMatchObject({ status: 422, body: { code: 'invalid_field' } });
  });
});
