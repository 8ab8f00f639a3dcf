import { describe, expect, it } from '@jest/globals';
import type { Permission } from '../apps/app.ts';
import { coveredPermissions, isCovered, isSameAsk } from './coverage.ts';

const orders: Permission = { id: 'orders', title: 'See orders', scopes: ['orders.read'], optional: false };
const money: Permission = { id: 'money', title: 'See money', scopes: ['payments.read', 'refunds.read'], optional: true };

describe('what a merchant granted', () => {
  it('are the permissions all of whose scopes it granted', () => {
    const nothing: Permission = { id: 'nothing', title: 'Say hello', scopes: [], optional: true };
    expect(coveredPermissions(['orders.read', 'payments.read'], [orders, money, nothing])).toEqual(['orders']);
    expect(coveredPermissions(['orders.read', 'payments.read', 'refunds.read'], [orders, money])).toEqual(['orders', 'money']);
  });
});

describe('an installation with orders', () => {
  const installation = { grantedScopes: ['orders.read'], grantedPermissions: ['orders'], askedScopes: ['orders.read'] };
  it.each<[string, boolean, Permission[]]>([
    ['the same', true, [orders]],
    ['nothing', true, []],
    ['an optional permission more', true, [orders, money]],
    ['a required permission more', false, [orders, { ...money, optional: false }]],
    ['a required permission of scopes it has', true, [orders, { ...money, scopes: ['orders.read'], optional: false }]],
    ['another scope', false, [{ ...orders, scopes: ['orders.read', 'orders.write'] }]],
    ['another scope, now optional, of a permission it agreed to', false, [{ ...orders, scopes: ['orders.write'], optional: true }]],
    ['the same under another id', true, [{ ...orders, id: 'see_orders' }]],
  ])('is asked for %s: covered is %s', (_what, covered, permissions) => {
    expect(isCovered(installation, permissions)).toBe(covered);
  });
});

describe('an installation with less than was required', () => {
  const installation = { grantedScopes: [], grantedPermissions: [], askedScopes: ['orders.read'] };
  it.each<[string, boolean, Permission[]]>([
    ['the same', true, [orders]],
    ['an optional permission more', true, [orders, money]],
    ['a required permission more', false, [orders, { ...money, optional: false }]],
  ])('is asked for %s: covered is %s', (_what, covered, permissions) => {
    expect(isCovered(installation, permissions)).toBe(covered);
  });
});

describe('two lists of permissions', () => {
  it('ask for the same in another order and other words', () => {
    expect(isSameAsk([orders, money], [{ ...money, title: 'Money', scopes: ['refunds.read', 'payments.read'] }, orders])).toBe(true);
  });

  it.each<[string, Permission]>([
    ['scopes', { ...money, scopes: ['payments.read'] }],
    ['ids', { ...money, id: 'cash' }],
    ['duties', { ...money, optional: false }],
  ])('do not with other %s', (_what, changed) => {
    expect(isSameAsk([orders, money], [orders, changed])).toBe(false);
  });
});
