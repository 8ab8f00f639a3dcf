import { create } from '@bufbuild/protobuf';
import { AppSchema, InstallationSchema, InstallationStatus, Mode } from '@hookwright/contracts';
import { describe, expect, it } from '@jest/globals';
import { permissionsView } from '../consent/consent.view.ts';
import { loginEndedPage } from '../login/login-ended.page.ts';
import { app as sample } from '../spec/samples.ts';
import { appPage, appsPage } from './apps.pages.ts';
import { LOGGED_OUT, changedPage, permissionsPage, removePage, removedPage } from './change.pages.ts';

const { ACTIVE, PENDING_PERMISSION_UPGRADE, SUSPENDED } = InstallationStatus;
const orders = { id: 'orders', title: 'See orders', scopes: ['orders.read'], optional: false };
const money = { id: 'money', title: 'See money', scopes: ['payments.read'], optional: true };
const HOSTILE = '"><img src=x onerror=alert(1)>\u202egnp.exe';

const found = (installation: object = {}, app: object = {}) => ({
  app: create(AppSchema, { ...sample, permissions: [orders, money], permissionRevision: 3n, ...app }),
  partnerName: 'Ship It Inc.',
  installation: create(InstallationSchema, {
    id: 'ins_1',
    appId: sample.id,
    merchantId: 'mer_1',
    status: ACTIVE,
    generation: 2,
    grantedScopes: ['orders.read'],
    grantedPermissions: ['orders'],
    installedAtMs: BigInt(Date.UTC(2026, 10, 30, 23, 59)),
    ...installation,
  }),
});
const listed = (installation: object = {}, more: object = {}) => ({
  installation: found(installation).installation,
  appName: 'Ship It',
  partnerName: 'Ship It Inc.',
  mode: Mode.LIVE,
  ...more,
});
const list = (more: object = {}) =>
  appsPage({ merchantId: 'mer_1', found: [listed()], nextCursor: '', isFirst: true, logoutToken: 'token', ...more });
const permissions = (of = found(), isStale = false) =>
  permissionsPage({ view: permissionsView(of), installation: of.installation, merchantId: 'mer_1', csrf: 'token', isStale });

describe("each of a merchant's pages", () => {
  const pages = (name: string) => {
    const one = found({ status: PENDING_PERMISSION_UPGRADE }, { name });
    const named = [listed({}, { appName: name, partnerName: name })];
    const of = { ...one, partnerName: name };
    return [list({ found: named }), appPage(of), permissions(of), changedPage(of), removePage(of, 'token'), removedPage(of)];
  };

  it('has one heading, no script, no style of its own and nothing from elsewhere', () => {
    for (const text of [...pages('Ship It'), LOGGED_OUT, loginEndedPage('/oauth/login')]) {
      expect(text).not.toMatch(/<script|<style|style=|\son\w+=|javascript:|https?:\/\//i);
      expect(text).toMatch(/<html lang="en">/);
      expect(text).toContain('name="viewport"');
      expect(text.match(/<h1>/g)).toHaveLength(1);
    }
  });

  it('shows a hostile name as text, kept in its own direction', () => {
    for (const text of pages(HOSTILE)) {
      expect(text).not.toContain('<img');
      expect(text).toContain('<bdi>&quot;&gt;&lt;img src=x onerror=alert(1)&gt;\u202egnp.exe</bdi>');
      expect(text).not.toMatch(/<title>[^<]*gnp/);
    }
  });
});

describe("the list of a merchant's apps", () => {
  it('names each with who makes it, and says what is the matter with it', () => {
    expect(list()).not.toMatch(/class="state"|a test app/);
    expect(list()).toMatch(/href="\/merchant\/apps\/ins_1"\s*><bdi>Ship It<\/bdi>/);
    expect(list({ found: [listed({ status: SUSPENDED })] })).toContain('On hold');
    expect(list({ found: [listed({ status: PENDING_PERMISSION_UPGRADE }, { mode: Mode.TEST })] })).toMatch(/a test app[^]*Asks for more/);
  });

  it('leads to older ones and back, where there are some', () => {
    expect(list()).not.toContain('class="button"');
    const middle = list({ nextCursor: 'a b', isFirst: false });
    expect(middle).toContain('href="/merchant?cursor=a+b"');
    expect(middle).toMatch(/href="\/merchant"\s*>Newest/);
    expect(list({ found: [] })).toContain('No app is installed.');
  });

  it('leads to a login at which the platform asks again, as the page of permissions does', () => {
    expect(list()).toContain('href="/oauth/login?return_to=%2Fmerchant&amp;prompt=login"');
    expect(permissions()).toContain('href="/oauth/login?return_to=%2Fmerchant%2Fapps%2Fins_1%2Fpermissions&amp;prompt=login"');
  });
});

describe('the page of an app', () => {
  it('says since when and by whom, and what it may do in the words of the app', () => {
    const text = appPage(found());
    expect(text).toMatch(/<time datetime="2026-11-30T23:59:00\.000Z"\s*>November 30, 2026</);
    for (const part of ['Ship It Inc.', 'See orders', 'orders.read', '/merchant/apps/ins_1/permissions', '/merchant/apps/ins_1/revoke'])
      expect(text).toContain(part);
    expect(text).not.toMatch(/See money|class="note"|Other data/);
  });

  it('says what is on hold, what asks for more, and which scopes have no words any more', () => {
    expect(appPage(found({ status: SUSPENDED }))).toContain('It is on hold');
    expect(appPage(found({ status: PENDING_PERMISSION_UPGRADE }))).toContain('See what it asks for');
    expect(appPage(found({ grantedScopes: ['orders.read', 'customers.read'] }))).toMatch(/Other data[^]*customers\.read/);
    expect(appPage(found({ grantedScopes: [], grantedPermissions: [] }))).toContain('no data of yours');
  });
});

describe('the page that changes what an app may do', () => {
  it('tells what is new from what was agreed to, and carries what it shows', () => {
    const text = permissions();
    expect(text.indexOf('<legend>New</legend>')).toBeLessThan(text.indexOf('<legend>You agreed to this before</legend>'));
    for (const field of ['name="csrf" value="token"', 'name="permission_revision" value="3"', 'name="generation" value="2"'])
      expect(text).toContain(field);
    expect(text).not.toContain('role="alert"');
    expect(permissions(found(), true)).toContain('role="alert"');
  });

  it('says afterwards that what is on hold stays so', () => {
    expect(changedPage(found())).not.toContain('on hold');
    expect(changedPage(found({ status: SUSPENDED }))).toContain('still on hold');
  });
});
