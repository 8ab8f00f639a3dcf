import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { InstallationStatus } from '@hookwright/contracts';
import { type MerchantBrowser, type Visit } from '@hookwright/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { cookieOf } from '../merchant-session/cookie.ts';
import { TransientStore } from '../oauth/adapters/transient-store.ts';
import { type Gateway, PUBLIC_URL, call, startGateway } from '../spec/gateway.ts';
import { CLIENT, type Forgery, HostPlatform, MERCHANT_CLAIM } from '../spec/host-platform.ts';
import { type Installing, startInstalling } from '../spec/installing.ts';
import { Authorization, Installs, REDIRECT_URI, newBrowser } from '../spec/installs.ts';
import { type Client, postForm } from '../spec/oauth.ts';

const INSTALLABLE = { redirectUris: [REDIRECT_URI], permissions: [{ id: 'orders', title: 'See orders', scopes: ['orders.read'] }] };
const SESSION = '__Host-hw_merchant';

let platform: HostPlatform;
let folder: string;
let secretFile: string;
let profile: Record<string, string>;
let setting: Installing;
let gateway: Gateway;
let installs: Installs;
let client: Client;

beforeAll(async () => {
  platform = await HostPlatform.start();
  folder = await mkdtemp(path.join(tmpdir(), 'hookwright-login-'));
  secretFile = path.join(folder, 'secret');
  await writeFile(secretFile, `${CLIENT.secret}\n`);
  profile = {
    HOOKWRIGHT_PROFILE: 'development',
    MERCHANT_LOGIN: 'oidc',
    MERCHANT_LOGIN_ISSUER: platform.issuer,
    MERCHANT_LOGIN_CLIENT_ID: CLIENT.id,
    MERCHANT_LOGIN_CLIENT_SECRET_FILE: secretFile,
    MERCHANT_LOGIN_SCOPES: 'openid merchant',
    MERCHANT_ID_CLAIM: MERCHANT_CLAIM,
  };
  setting = await startInstalling(profile);
  ({ gateway, installs } = setting);
});

afterAll(async () => {
  await setting.stop();
  await platform.stop();
  await rm(folder, { recursive: true });
});

beforeEach(async () => {
  platform.reset();
  client = await setting.newApp(INSTALLABLE);
});

const consentUrl = (more: Record<string, string> = {}): string => new Authorization(client, gateway).url(more);

/** Where the browser comes back to when it was sent to the platform. */
async function atPlatform(visit: Visit, there: MerchantBrowser = platform.newBrowser()): Promise<URL> {
  expect(visit.left?.origin).toBe(platform.issuer);
  const page = await there.open(visit.left!);
  // Somebody else logs in: oidc-provider ends the session of before with a form that the browser sends by itself.
  const { left, html } = page.html.includes('/session/end/confirm') ? await there.submit(page) : page;
  if (left === undefined) throw new Error(`the platform kept the browser: ${html}`);
  return left;
}

/** From the app to the platform and back: what the gateway shows then. */
async function logIn(browser: MerchantBrowser, there?: MerchantBrowser): Promise<Visit> {
  return await browser.open(await atPlatform(await browser.open(consentUrl()), there));
}

function sessionOf(browser: MerchantBrowser): string | undefined {
  return cookieOf(browser.cookieHeader(new URL(PUBLIC_URL)), SESSION);
}

/** Runs with a gateway that has asked the platform nothing yet. */
async function withFreshGateway(env: Record<string, string>, work: (fresh: Gateway) => Promise<void>): Promise<void> {
  const fresh = await startGateway({ databaseUrl: setting.database.url, redisUrl: setting.redisUrl }, { ...profile, ...env });
  try {
    Object.assign(fresh.registry.handlers, gateway.registry.handlers);
    await work(fresh);
  } finally {
    await fresh.stop();
  }
}

describe('a merchant of the host platform', () => {
  it('logs in there, and is the merchant that its ID token names', async () => {
    const asked = new Authorization(client, gateway);
    const browser = newBrowser(gateway);
    const leaving = await browser.open(asked.url());
    expect(Object.fromEntries(leaving.left!.searchParams)).toEqual({
      client_id: CLIENT.id,
      redirect_uri: `${PUBLIC_URL}/oauth/login/callback`,
      response_type: 'code',
      scope: 'openid merchant',
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
    });
    const page = await browser.open(await atPlatform(leaving));
    expect(page).toMatchObject({ status: 200, html: expect.stringContaining('mer_7') });
    const { left } = await browser.submit(page, { press: 'decision=allow' });
    const { body } = await asked.exchange(left!.searchParams.get('code')!);
    expect(body).toMatchObject({ merchant_id: 'mer_7' });
    expect(installs.of(client.appId, 'mer_7')).toMatchObject({ status: InstallationStatus.ACTIVE, installedBy: 'person_7' });
  });

  it('is asked again by his platform only when he wants another account', async () => {
    const there = platform.newBrowser();
    await logIn(newBrowser(gateway), there);
    const browser = newBrowser(gateway);
    const page = await logIn(browser, there);
    expect(platform.asked).toBe(1);
    const other = /href="([^"]*\/oauth\/login[^"]*)"/.exec(page.html)![1]!.replaceAll('&amp;', '&');
    const leaving = await browser.open(other);
    expect(leaving.left?.searchParams.get('prompt')).toBe('login');
    platform.person = { sub: 'person_8', merchant: 'mer_8' };
    const before = sessionOf(browser);
    expect((await browser.open(await atPlatform(leaving, there))).html).toContain('mer_8');
    expect(platform.asked).toBe(2);
    expect(sessionOf(browser)).not.toBe(before);
  });

  it('logs in anew when the app wants that', async () => {
    const there = platform.newBrowser();
    const browser = newBrowser(gateway);
    await logIn(browser, there);
    const leaving = await browser.open(consentUrl({ prompt: 'login' }));
    expect(leaving.left?.searchParams.get('prompt')).toBe('login');
    const page = await browser.open(await atPlatform(leaving, there));
    expect(page.url.pathname).toMatch(/^\/oauth\/interaction\//);
    expect(platform.asked).toBe(2);
  });

  it('may begin in two tabs and finish in both', async () => {
    const browser = newBrowser(gateway);
    const tabs = [await browser.open(consentUrl()), await browser.open(consentUrl())];
    for (const tab of tabs) expect((await browser.open(await atPlatform(tab))).url.pathname).toMatch(/^\/oauth\/interaction\//);
  });

  it('who decides after his login has ended logs in again, and nothing is installed', async () => {
    const browser = newBrowser(gateway);
    const page = await logIn(browser);
    await gateway.app.get(TransientStore).delete('MerchantSession', sessionOf(browser)!);
    const told = await browser.submit(page, { press: 'decision=allow' });
    expect(told).toMatchObject({ status: 200, html: expect.stringContaining('Your login has ended') });
    const leaving = await browser.open(/href="(\/oauth\/login[^"]*)"/.exec(told.html)![1]!.replaceAll('&amp;', '&'));
    expect(leaving.left?.origin).toBe(platform.issuer);
    expect(installs.of(client.appId, 'mer_7').status).toBe(InstallationStatus.PENDING_CONSENT);
    expect((await browser.open(await atPlatform(leaving))).url.pathname).toBe(page.url.pathname);
  });

  it('has cookies that no script reads, for https only', async () => {
    const login = `/oauth/login?return_to=${encodeURIComponent('/oauth/interaction/JqD2mS0aFf4qJQ5nYb6vX')}`;
    const { headers, status } = await fetch(new URL(login, gateway.url), { redirect: 'manual' });
    expect({ status, cookies: headers.getSetCookie() }).toEqual({
      status: 303,
      cookies: [expect.stringMatching(/^__Host-hw_login=[\w-]{43}; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax; Secure$/)],
    });
  });
});

describe('nobody is logged in', () => {
  it.each([undefined, null, '', 'mer 7', 'x'.repeat(65), 7, ['mer_7'], { id: 'mer_7' }])(
    'when the claim is %j, which names no merchant',
    async (merchant) => {
      platform.person = { sub: 'person_9', merchant };
      const browser = newBrowser(gateway);
      const there = platform.newBrowser();
      const page = await logIn(browser, there);
      expect(page).toMatchObject({ status: 403, html: expect.stringContaining('belongs to no merchant') });
      expect(sessionOf(browser)).toBeUndefined();
      const again = /href="(\/oauth\/login[^"]*)"/.exec(page.html)![1]!.replaceAll('&amp;', '&');
      platform.person = { sub: 'person_7', merchant: 'mer_7' };
      expect((await browser.open(await atPlatform(await browser.open(again), there))).html).toContain('mer_7');
    },
  );

  it('by what another browser began, nor twice', async () => {
    const browser = newBrowser(gateway);
    const back = await atPlatform(await browser.open(consentUrl()));
    const [stranger, busyStranger] = [newBrowser(gateway), newBrowser(gateway)];
    await busyStranger.open(consentUrl());
    for (const other of [stranger, busyStranger]) {
      expect(await other.open(back)).toMatchObject({ status: 400, html: expect.stringContaining('This login has expired') });
      expect(sessionOf(other)).toBeUndefined();
    }
    expect((await browser.open(back)).status).toBe(200);
    expect(await browser.open(back)).toMatchObject({ status: 400 });
  });

  it.each(['', '?', '?state=x&code=y', `?state=${'x'.repeat(43)}&code=y`, `?state=${'x'.repeat(5000)}`])(
    'by a callback with %j, which nobody asked for',
    async (search) => {
      expect(await newBrowser(gateway).open(`/oauth/login/callback${search}`)).toMatchObject({ status: 400 });
    },
  );

  it('by the code of another login', async () => {
    const [browser, attacker] = [newBrowser(gateway), newBrowser(gateway)];
    const own = await atPlatform(await browser.open(consentUrl()));
    const foreign = await atPlatform(await attacker.open(consentUrl()));
    own.searchParams.set('code', foreign.searchParams.get('code')!);
    expect(await browser.open(own)).toMatchObject({ status: 403, html: expect.stringContaining('You were not logged in') });
    expect(sessionOf(browser)).toBeUndefined();
  });

  it.each<[string, Forgery]>([
    ['another nonce', { claims: { nonce: 'another' } }],
    ['no nonce', { claims: { nonce: undefined } }],
    ['another issuer', { claims: { iss: 'https://evil.example' } }],
    ['another audience', { claims: { aud: 'another' } }],
    ['an end that is past', { claims: { iat: 1_700_000_000, exp: 1_700_003_600 } }],
    ['the signature of another key', { key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey }],
    ['no signature', { header: { alg: 'none' } }],
  ])('by an ID token with %s', async (_what, forgery) => {
    platform.forgery = forgery;
    const browser = newBrowser(gateway);
    expect(await logIn(browser)).toMatchObject({ status: 502, html: expect.stringContaining('cannot be used') });
    expect(sessionOf(browser)).toBeUndefined();
    platform.forgery = undefined;
    expect((await logIn(browser)).status).toBe(200);
  });

  it('by an answer that says it is another issuer’s (RFC 9207), or says it twice', async () => {
    const browser = newBrowser(gateway);
    for (const change of [
      (back: URL) => back.searchParams.set('iss', 'https://evil.example'),
      (back: URL) => back.searchParams.append('code', 'another'),
    ]) {
      const back = await atPlatform(await browser.open(consentUrl()));
      change(back);
      expect(await browser.open(back)).toMatchObject({ status: 502 });
    }
    expect(sessionOf(browser)).toBeUndefined();
  });

  it('when he does not want to, and he may try again', async () => {
    platform.person = undefined;
    const browser = newBrowser(gateway);
    const page = await logIn(browser);
    expect(page).toMatchObject({ status: 403, html: expect.stringContaining('You were not logged in') });
    const again = /href="(\/oauth\/login[^"]*)"/.exec(page.html)![1]!;
    platform.person = { sub: 'person_7', merchant: 'mer_7' };
    expect((await browser.open(await atPlatform(await browser.open(again)))).html).toContain('mer_7');
  });

  it('by the demo login', async () => {
    const form = { merchant_id: 'mer_demo_1', return_to: '/oauth/interaction/JqD2mS0aFf4qJQ5nYb6vX' };
    expect(await postForm(gateway, '/oauth/login', form)).toMatchObject({ status: 404 });
  });
});

describe("the platform's login", () => {
  it('may be away when the gateway starts, and is used once it is there', async () => {
    await platform.stop();
    try {
      await withFreshGateway({}, async (fresh) => {
        const browser = newBrowser(fresh);
        expect(await browser.open(consentUrl())).toMatchObject({ status: 503, html: expect.stringContaining('does not answer') });
        await platform.startAgain();
        expect((await browser.open(await atPlatform(await browser.open(consentUrl())))).html).toContain('mer_7');
      });
    } finally {
      await platform.startAgain();
    }
  });

  it('may go away in the middle: the merchant begins again', async () => {
    const browser = newBrowser(gateway);
    const back = await atPlatform(await browser.open(consentUrl()));
    await platform.stop();
    const page = await browser.open(back);
    await platform.startAgain();
    expect(page).toMatchObject({ status: 503, html: expect.stringContaining('Log in again') });
    const again = /href="(\/oauth\/login[^"]*)"/.exec(page.html)![1]!;
    expect((await browser.open(await atPlatform(await browser.open(again)))).html).toContain('mer_7');
  });

  it('that hangs keeps nobody waiting for more than its five seconds', async () => {
    platform.answers = { '/token': () => undefined };
    const browser = newBrowser(gateway);
    const back = await atPlatform(await browser.open(consentUrl()));
    const started = performance.now();
    expect(await browser.open(back)).toMatchObject({ status: 503 });
    expect(performance.now() - started).toBeLessThan(6500);
  });

  it.each<[string, string]>([
    ['too much', JSON.stringify({ issuer: 'x'.repeat(300_000) })],
    ['no JSON', '<html>'],
    ['another issuer', JSON.stringify({ issuer: 'https://evil.example', authorization_endpoint: 'https://evil.example/login' })],
  ])('that says %s of itself is not used', async (_what, body) => {
    platform.answers = {
      '/.well-known/openid-configuration': (response) => response.writeHead(200, { 'content-type': 'application/json' }).end(body),
    };
    await withFreshGateway({}, async (fresh) => {
      const browser = newBrowser(fresh);
      expect(await browser.open(consentUrl())).toMatchObject({ status: 502, html: expect.stringContaining('cannot be used') });
      platform.reset();
      expect((await browser.open(consentUrl())).left?.origin).toBe(platform.issuer);
    });
  });

  it('takes a new secret without a restart', async () => {
    const file = path.join(folder, 'replaced');
    await writeFile(file, 'the secret of before');
    await withFreshGateway({ MERCHANT_LOGIN_CLIENT_SECRET_FILE: file }, async (fresh) => {
      const browser = newBrowser(fresh);
      const enter = async (): Promise<Visit> => await browser.open(await atPlatform(await browser.open(consentUrl())));
      expect(await enter()).toMatchObject({ status: 502 });
      await writeFile(file, CLIENT.secret);
      expect((await enter()).html).toContain('mer_7');
    });
  });

  it('is not there without its secret', async () => {
    await withFreshGateway({ MERCHANT_LOGIN_CLIENT_SECRET_FILE: path.join(folder, 'missing') }, async (fresh) => {
      expect(await newBrowser(fresh).open(consentUrl())).toMatchObject({ status: 502 });
    });
  });

  it('is counted by what came of it', async () => {
    await logIn(newBrowser(gateway));
    await newBrowser(gateway).open('/oauth/login/callback');
    platform.person = undefined;
    await logIn(newBrowser(gateway));
    const { text } = (await call(gateway, 'GET /metrics')).body;
    for (const outcome of ['succeeded', 'expired', 'refused'])
      expect(text).toMatch(new RegExp(`hookwright_merchant_logins_total\\{outcome="${outcome}"\\} \\d+`));
  });
});
