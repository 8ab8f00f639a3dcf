import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@hookwright/testkit';
import { type Api, api } from './api.ts';
import { AppSite } from './app-site.ts';
import { Browser, DESKTOP, PHONE, type Person } from './browser.ts';
import { Receiver, verified } from './receiver.ts';
import { System } from './system.ts';

const ORDERS = { id: 'orders', title: 'See your orders', scopes: ['orders.read'], optional: false };
const REFUNDS = { id: 'refunds', title: 'See your refunds', scopes: ['refunds.read'], optional: true };
const PRODUCTS = { id: 'products', title: 'See your products', scopes: ['products.read'], optional: false };
// A finger's width (WCAG 2.5.5), less what rounding may take.
const MIN_TARGET_PX = 44 - 0.1;

let system: System;
let receiver: Receiver;
let site: AppSite;
let browser: Browser;
let partner: Api;

beforeAll(async () => {
  browser = await Browser.start();
  receiver = await Receiver.start();
  system = await System.start();
  site = await AppSite.start(system.apiUrl);
  const operator = api(system.apiUrl, system.operatorToken);
  const { body } = await operator.post('/v1/operator/partners', { name: 'Ship It Inc.' });
  partner = api(system.apiUrl, (body['api_keys'] as { live: string }).live);
  const order = { type: 'order.created', required_scope: 'orders.read', description: 'An order came in', schema: {}, example: {} };
  expect((await operator.post('/v1/operator/event-types', { ...order, source: 'installed_merchants' })).status).toBeLessThan(300);
}, 180_000);

afterAll(async () => {
  await browser.stop();
  await system.stop();
  await site.stop();
  await receiver.stop();
});

interface NewApp {
  readonly id: string;
  readonly secret: string;
  readonly path: string;
  readonly client: { readonly id: string; readonly secret: string };
}

async function createApp({ name = 'Ship It', permissions = [ORDERS, REFUNDS] } = {}): Promise<NewApp> {
  const path = `/${randomUUID()}`;
  const { status, body } = await partner.post('/v1/apps', {
    name,
    redirect_uris: [site.redirectUri],
    permissions,
    webhook: { url: receiver.url(path), event_sources: ['partner_app', 'installed_merchants'], enabled_events: ['*'] },
  });
  expect({ status, body }).toMatchObject({ status: 201 });
  const client = { id: String(body['client_id']), secret: String(body['client_secret']) };
  return { id: String(body['id']), secret: (body['webhook'] as { secret: string }).secret, path, client };
}

const newMerchant = (): string => `mer_${randomUUID()}`;

/** The lifecycle event of a kind that arrived last, its signature verified. */
async function told(app: NewApp, kind: string, count = 1): Promise<Record<string, unknown>> {
  const requests = await receiver.arrived(app.path, `partner_app.install.${kind}`, count);
  return verified(requests[count - 1]!, app.secret)['data'] as Record<string, unknown>;
}

/** Everything the app was told of its installations, in the order in which it came. */
function story(app: NewApp): { kind: string; generation: unknown; sequence: string }[] {
  return receiver
    .at(app.path)
    .map((request) => verified(request, app.secret))
    .filter(({ type }) => String(type).startsWith('partner_app.'))
    .map(({ type, installation_generation: generation, sequence }) => ({
      kind: String(type).split('.').at(-1) ?? '',
      generation,
      sequence: String(sequence),
    }));
}

async function orderArrives(app: NewApp, merchant: string): Promise<void> {
  const before = receiver.at(app.path, 'order.created').length;
  await system.publish({ topic: 'merchant.orders', merchant, type: 'order.created', id: randomUUID(), data: { id: 'ord_1' } });
  await receiver.arrived(app.path, 'order.created', before + 1);
}

const scopesOf = ({ scope }: Readonly<Record<string, unknown>>): string[] => String(scope).split(' ').sort();

/** What the API says to an app that shows an access token. */
async function tokenOpens(token: unknown): Promise<number> {
  return (await api(system.apiUrl, String(token)).get('/v1/installation')).status;
}

async function logInByKeyboard(person: Person, merchant: string): Promise<void> {
  await person.heading('Log in as a demo merchant').waitFor();
  await person.tabTo(person.page.getByLabel('Or as another one'));
  await person.page.keyboard.type(merchant);
  await person.page.keyboard.press('Enter');
}

describe('a merchant with a keyboard and no mouse', () => {
  it('installs, agrees to more, and installs again after a revoke; the app is told of everything in order', async () => {
    const app = await createApp();
    const merchant = newMerchant();
    const person = await browser.person(DESKTOP);
    const connect = site.connectUrl(app.client);

    await person.open(connect);
    await person.look('1-login');
    await logInByKeyboard(person, merchant);
    await person.heading('Install Ship It?').waitFor();
    await person.look('2-install');
    await person.press('Space', person.box(REFUNDS.title));
    expect(await person.box(REFUNDS.title).isChecked()).toBe(false);
    await person.press('Enter', person.button('Allow'));
    await person.heading('Connected').waitFor();
    const first = site.lastTokens.body;
    expect(first).toMatchObject({ merchant_id: merchant, expires_in: 3600 });
    expect(scopesOf(first)).toEqual(['installation.read', 'orders.read']);
    expect(await told(app, 'created')).toMatchObject({
      merchant_id: merchant,
      installation_id: first['installation_id'],
      status: 'active',
      previous_status: 'pending_consent',
      granted_scopes: ['orders.read'],
      actor: 'merchant',
      generation: 1,
    });
    await orderArrives(app, merchant);

    const at = `/v1/apps/${app.id}/installations/${String(first['installation_id'])}`;
    expect((await partner.patch(`/v1/apps/${app.id}`, { permissions: [ORDERS, REFUNDS, PRODUCTS] })).status).toBe(200);
    expect(await told(app, 'updated')).toMatchObject({
      status: 'pending_permission_upgrade',
      previous_status: 'active',
      granted_scopes: ['orders.read'],
      actor: 'partner',
    });
    await orderArrives(app, merchant);
    await person.open(connect);
    await person.heading('Ship It asks for more').waitFor();
    await person.look('3-upgrade');
    const groups = person.page.getByRole('group');
    expect(await groups.nth(0).textContent()).toMatch(/^\s*New.*See your refunds.*See your products/s);
    expect(await groups.nth(1).textContent()).toMatch(/^\s*You agreed to this before.*See your orders/s);
    expect(await person.box(REFUNDS.title).isChecked()).toBe(false);
    await person.press('Enter', person.button('Allow'));
    await person.heading('Connected').waitFor();
    const second = site.lastTokens.body;
    expect(scopesOf(second)).toEqual(['installation.read', 'orders.read', 'products.read']);
    expect(await told(app, 'permissions_updated')).toMatchObject({
      status: 'active',
      previous_status: 'pending_permission_upgrade',
      previous_scopes: ['orders.read'],
      granted_scopes: ['orders.read', 'products.read'],
      actor: 'merchant',
    });

    expect((await partner.post(`${at}/suspend`, { reason: 'a dispute' })).status).toBe(200);
    expect(await told(app, 'suspended')).toMatchObject({ status: 'suspended', actor: 'partner', reason: 'a dispute' });
    expect(await tokenOpens(second['access_token'])).toBe(401);
    expect((await partner.post(`${at}/unsuspend`)).status).toBe(200);
    expect(await told(app, 'unsuspended')).toMatchObject({ status: 'active', previous_status: 'suspended' });
    expect(await tokenOpens(second['access_token'])).toBe(200);

    expect((await partner.post(`${at}/revoke`, { reason: 'the end' })).status).toBe(200);
    for (const { access_token, refresh_token } of [first, second]) {
      expect(await tokenOpens(access_token)).toBe(401);
      expect(await site.refresh(app.client, refresh_token)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    }
    expect(await told(app, 'revoked')).toMatchObject({ status: 'revoked', granted_scopes: [], actor: 'partner', reason: 'the end' });

    await person.open(connect);
    await person.heading('Install Ship It?').waitFor();
    await person.look('4-reinstall');
    await person.press('Enter', person.button('Allow'));
    await person.heading('Connected').waitFor();
    expect(await told(app, 'created', 2)).toMatchObject({ status: 'active', previous_status: 'revoked', generation: 2 });
    await orderArrives(app, merchant);
    const events = story(app);
    expect(events.map(({ kind, generation }) => [kind, generation])).toEqual([
      ['created', 1],
      ['updated', 1],
      ['permissions_updated', 1],
      ['suspended', 1],
      ['unsuspended', 1],
      ['revoked', 1],
      ['created', 2],
    ]);
    expect(events.map(({ sequence }) => Number(sequence))).toEqual([1, 2, 3, 4, 5, 6, 7]);
    await person.leave();
  }, 180_000);
});

describe('a merchant with a small phone and no JavaScript', () => {
  /** Nothing to scroll sideways for, and everything large enough for a finger. */
  async function expectFits(person: Person): Promise<void> {
    expect(await person.overflow()).toBe(0);
    for (const target of await person.page.locator('button, .button, label.choice, .field input').all()) {
      expect((await target.boundingBox())?.height).toBeGreaterThanOrEqual(MIN_TARGET_PX);
    }
  }

  it('denies, then thinks better of it; the app hears of the installation alone', async () => {
    const app = await createApp();
    const person = await browser.person(PHONE);
    const merchant = newMerchant();
    await person.open(site.connectUrl(app.client));
    await expectFits(person);
    await person.look('5-phone-login');
    await person.page.getByLabel('Or as another one').fill(merchant);
    await person.button('Log in').tap();
    await person.heading('Install Ship It?').waitFor();
    await expectFits(person);
    await person.look('6-phone-install');
    await person.button('Deny').tap();
    await person.heading('Not connected: access_denied').waitFor();

    await person.open(site.connectUrl(app.client));
    await person.box(REFUNDS.title).tap();
    await person.button('Allow').tap();
    await person.heading('Connected').waitFor();
    expect(await told(app, 'created')).toMatchObject({ merchant_id: merchant, granted_scopes: ['orders.read'] });
    expect(story(app).map(({ kind, sequence }) => [kind, Number(sequence)])).toEqual([['created', 1]]);
    await person.leave();
  });

  it('looks at his apps and removes one; the app is told that he did, and its tokens open nothing', async () => {
    const app = await createApp();
    const merchant = newMerchant();
    const person = await browser.person(PHONE);
    const link = (name: string) => person.page.getByRole('link', { name });
    await person.open(site.connectUrl(app.client));
    await person.page.getByLabel('Or as another one').fill(merchant);
    await person.button('Log in').tap();
    await person.button('Allow').tap();
    await person.heading('Connected').waitFor();
    const { access_token: token } = site.lastTokens.body;
    expect(await tokenOpens(token)).toBe(200);

    await person.open(`${system.apiUrl}/merchant`);
    await person.heading('Your apps').waitFor();
    await expectFits(person);
    await person.look('8-phone-apps');
    await link('Ship It').tap();
    await person.heading('Ship It').waitFor();
    await person.page.getByText(ORDERS.title).waitFor();
    await expectFits(person);
    await person.look('9-phone-app');
    await link('Remove the app').tap();
    await person.heading('Remove Ship It?').waitFor();
    await expectFits(person);
    await person.look('10-phone-remove');
    await person.button('Remove it').tap();
    await person.heading('Ship It is removed').waitFor();
    expect(await tokenOpens(token)).toBe(401);
    expect(await told(app, 'revoked')).toMatchObject({ merchant_id: merchant, status: 'revoked', actor: 'merchant' });
    await link('All your apps').tap();
    await person.page.getByText('No app is installed.').waitFor();
    await person.leave();
  });

  it('reads a long name that looks like markup as what it is, on 320 pixels', async () => {
    const name = `<b>Ship</b>${'W'.repeat(70)}`;
    const app = await createApp({ name, permissions: [{ ...ORDERS, title: `<img src=x>${'W'.repeat(60)}` }, REFUNDS] });
    const person = await browser.person({ ...PHONE, viewport: { width: 320, height: 568 }, colorScheme: 'dark' });
    await person.open(site.connectUrl(app.client));
    await person.button('mer_demo_1').tap();
    await person.heading(`Install ${name}?`).waitFor();
    await expectFits(person);
    expect(await person.page.locator('img, b').count()).toBe(0);
    await person.look('7-phone-long-names-dark');
    await person.leave();
  });
});

describe('a page of another site', () => {
  it('cannot show the login or the consent page in a frame', async () => {
    const app = await createApp();
    const person = await browser.person(DESKTOP);
    const framed = async (): Promise<void> => {
      await person.open(site.frameUrl(app.client));
      await eventually(async () => {
        const frame = person.page.frames()[1];
        // What Chromium shows in place of a page that may not be framed.
        expect(frame?.url()).toBe('chrome-error://chromewebdata/');
        expect(await frame?.getByRole('button', { name: /Allow|Log in|mer_demo/ }).count()).toBe(0);
      });
    };
    await framed();
    await person.open(site.connectUrl(app.client));
    await person.button('mer_demo_1').click();
    await person.heading('Install Ship It?').waitFor();
    await framed();
    await person.leave();
  });
});
