import { describe, expect, it } from '@jest/globals';
import { consentPage, donePage } from './consent.page.ts';

const orders = { id: 'orders', title: 'See orders', scopes: ['orders.read'], optional: false, isChosen: true };
const money = { id: 'money', title: 'See money', scopes: ['payments.read'], optional: true, isChosen: true };
const view = {
  appName: 'Ship It',
  partnerName: 'Ship It Inc.',
  isTest: false,
  isInstalled: false,
  fresh: [orders, money],
  known: [],
  dropped: [],
  returnsTo: 'shipit.example',
  permissionRevision: 3n,
};
const show = (more: object = {}, options: object = {}) =>
  consentPage({
    view: { ...view, ...more },
    merchantId: 'mer_1',
    action: '/oauth/interaction/a',
    csrf: 'token',
    loginPath: '/oauth/login',
    ...options,
  });

describe('the consent page', () => {
  it('has no script, no style of its own and nothing from elsewhere', () => {
    const text = show();
    expect(text).not.toMatch(/<script|<style|style=|\son\w+=|javascript:|https?:\/\//i);
    expect(text).toMatch(/<html lang="en">/);
    expect(text).toContain('name="viewport"');
    expect(text.match(/<h1>/g)).toHaveLength(1);
    expect(text.match(/<main>/g)).toHaveLength(1);
  });

  it('names the app, who makes it, each permission in words, and where one goes back to', () => {
    const text = show();
    for (const part of ['Ship It', 'Ship It Inc.', 'See orders', 'orders.read', 'See money', 'shipit.example', 'mer_1'])
      expect(text).toContain(part);
    expect(text).toMatch(/<input type="checkbox" name="permission" value="money"\s+checked\s/);
    expect(text.match(/type="checkbox"/g)).toHaveLength(1);
  });

  it('shows a hostile name as text, kept in its own direction', () => {
    const hostile = '"><img src=x onerror=alert(1)>\u202egnp.exe';
    const text = show({ appName: hostile, partnerName: hostile, fresh: [{ ...money, id: '"><b>', title: hostile, scopes: ['<i>'] }] });
    expect(text).not.toMatch(/<img|<b>|<i>/);
    expect(text).toContain('<bdi>&quot;&gt;&lt;img src=x onerror=alert(1)&gt;\u202egnp.exe</bdi>');
    expect(text).not.toMatch(/<title>[^<]*gnp/);
  });

  it('says what is new and what was agreed to when the app is installed', () => {
    const text = show({ isInstalled: true, fresh: [orders], known: [money], dropped: ['customers.read'] });
    expect(text).toContain('asks for more');
    expect(text.indexOf('<legend>New</legend>')).toBeLessThan(text.indexOf('<legend>You agreed to this before</legend>'));
    expect(text).toContain('customers.read');
    expect(show({ isInstalled: true, fresh: [money] })).not.toContain('asks for more');
  });

  it('says that the app changed meanwhile', () => {
    expect(show({}, { isStale: true })).toContain('role="alert"');
    expect(show()).not.toContain('role="alert"');
  });

  it('asks also for an app that wants no data', () => {
    expect(show({ fresh: [] })).toContain('no data of yours');
  });

  it('is followed by one that leads back, by itself and by a link', () => {
    const text = donePage({ goTo: 'https://hooks.example/oauth/authorize/a"b', returnsTo: 'shipit.example', isInstalled: true });
    expect(text).toContain('<meta http-equiv="refresh" content="0; url=https://hooks.example/oauth/authorize/a&quot;b"');
    expect(text).toContain('href="https://hooks.example/oauth/authorize/a&quot;b"');
  });
});
