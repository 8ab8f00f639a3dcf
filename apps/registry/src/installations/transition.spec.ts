import { describe, expect, it } from '@jest/globals';
import type { InstallationStatus } from '../generated/prisma/enums.ts';
import type { Cause, Installation } from './installation.ts';
import {
  awaitConsent,
  firstInstall,
  type Grant,
  installAgain,
  reconsider,
  revoke,
  suspend,
  suspendWithApp,
  unsuspend,
} from './transition.ts';

const at = (hour: number): Cause => ({ actor: 'merchant', reason: '', now: new Date(Date.UTC(2026, 10, 25, hour)) });
const grant = (...scopes: string[]): Grant => ({
  appId: 'app_1',
  merchantId: 'mer_1',
  scopes,
  permissions: scopes.map((scope) => `to ${scope}`),
  wanted: ['orders.read'],
  permissionRevision: 7n,
  installedBy: 'someone',
  tellsCreated: true,
});
const first = firstInstall('ins_1', grant('orders.read'), at(1));
const active = first.installation;
const inStatus = (status: InstallationStatus): Installation => ({ ...active, status });

describe('an installation', () => {
  it('begins active in its first generation', () => {
    expect(first).toMatchObject({ kind: 'created', previousStatus: null, previousScopes: [] });
    expect(active).toMatchObject({ status: 'active', generation: 1, sequence: 1, grantedScopes: ['orders.read'], revokedAt: null });
  });

  it('waits for consent without a number, begins with the first, and cannot end before', () => {
    const waiting = awaitConsent('ins_1', { appId: 'app_1', merchantId: 'mer_1' }, at(0));
    expect(waiting).toMatchObject({ status: 'pending_consent', sequence: 0, grantedScopes: [], createdAt: at(0).now });
    expect(() => revoke(waiting, at(1))).toThrow(expect.objectContaining({ code: 'installation_not_active' }));
    const begun = installAgain(waiting, grant('orders.read'), at(1));
    expect(begun).toMatchObject({ kind: 'created', previousStatus: 'pending_consent', previousScopes: [] });
    expect(begun?.installation).toEqual({ ...active, createdAt: at(0).now });
  });

  it('stays as it is when it is installed again with the same scopes', () => {
    expect(installAgain(active, grant('orders.read'), at(2))).toBeUndefined();
    const two = firstInstall('ins_1', grant('a', 'b'), at(1)).installation;
    expect(installAgain(two, grant('b', 'a'), at(2))).toBeUndefined();
    expect(installAgain(inStatus('suspended'), grant('orders.read'), at(2))).toBeUndefined();
  });

  it.each<[InstallationStatus, string[], InstallationStatus]>([
    ['active', ['payments.read'], 'active'],
    ['active', [], 'active'],
    ['suspended', ['payments.read'], 'suspended'],
    ['pending_permission_upgrade', ['orders.read'], 'active'],
  ])('%s, given %j, is %s with these scopes', (before, scopes, after) => {
    expect(installAgain(inStatus(before), grant(...scopes), at(2))).toMatchObject({
      kind: 'permissions_updated',
      previousStatus: before,
      previousScopes: ['orders.read'],
      installation: { status: after, grantedScopes: scopes, generation: 1, sequence: 2, installedAt: at(1).now },
    });
  });

  it.each<InstallationStatus>(['active', 'suspended', 'pending_permission_upgrade'])('can be revoked when %s', (status) => {
    const change = revoke(inStatus(status), { actor: 'partner', reason: 'enough', now: at(3).now });
    expect(change).toMatchObject({ kind: 'revoked', previousStatus: status, previousScopes: ['orders.read'] });
    expect(change?.installation).toMatchObject({
      status: 'revoked',
      grantedScopes: [],
      revokedBy: 'partner',
      revokedAt: at(3).now,
      sequence: 2,
    });
  });

  it.each<InstallationStatus>(['active', 'pending_permission_upgrade'])(
    '%s, is suspended with its scopes, once, and comes back',
    (status) => {
      const suspended = suspend(inStatus(status), at(2))!;
      expect(suspended).toMatchObject({ kind: 'suspended', previousStatus: status, previousScopes: ['orders.read'] });
      expect(suspended.installation).toEqual({ ...active, status: 'suspended', sequence: 2 });
      expect(suspend(suspended.installation, at(3))).toBeUndefined();
      const back = unsuspend(suspended.installation, true, at(4))!;
      expect(back).toMatchObject({ kind: 'unsuspended', previousStatus: 'suspended', installation: { ...active, sequence: 3 } });
      expect(unsuspend(back.installation, true, at(5))).toBeUndefined();
      expect(unsuspend(suspended.installation, false, at(4))?.installation.status).toBe('pending_permission_upgrade');
    },
  );

  it('is suspended by itself or with its app, and does not change from the one to the other', () => {
    const withApp = suspendWithApp(active, at(2))!;
    expect(withApp).toMatchObject({ kind: 'suspended', previousStatus: 'active' });
    expect(withApp.installation).toEqual({ ...active, status: 'suspended', suspendedWithApp: true, sequence: 2 });
    expect(suspendWithApp(suspend(active, at(2))!.installation, at(3))).toBeUndefined();
    expect(suspendWithApp(withApp.installation, at(3))).toBeUndefined();
    expect(() => suspend(withApp.installation, at(3))).toThrow(expect.objectContaining({ code: 'conflict' }));
    expect(unsuspend(withApp.installation, true, at(3))?.installation).toEqual({ ...active, sequence: 3 });
    expect(revoke(withApp.installation, at(3))?.installation.suspendedWithApp).toBe(false);
  });

  it.each<InstallationStatus>(['revoked', 'pending_consent'])('%s, cannot be suspended, nor unsuspended', (status) => {
    for (const change of [() => suspend(inStatus(status), at(2)), () => unsuspend(inStatus(status), true, at(2))]) {
      expect(change).toThrow(expect.objectContaining({ code: 'installation_not_active' }));
    }
  });

  it('still waits for consent when the old grant is repeated, and has what is given of the rest', () => {
    const waiting = inStatus('pending_permission_upgrade');
    const more = { ...grant('orders.read'), wanted: ['orders.read', 'orders.write'] };
    expect(installAgain(waiting, more, at(2))).toBeUndefined();
    const some = { ...grant('orders.read', 'payments.read'), wanted: more.wanted };
    expect(installAgain(waiting, some, at(2))?.installation).toMatchObject({
      status: 'pending_permission_upgrade',
      grantedScopes: ['orders.read', 'payments.read'],
      askedScopes: ['orders.read'],
    });
  });

  it('waits for consent when its app asks for more, with what it has, and not when the app takes that back', () => {
    const waiting = reconsider(active, false, at(2))!;
    expect(waiting).toMatchObject({ kind: 'updated', previousStatus: 'active', previousScopes: ['orders.read'] });
    expect(waiting.installation).toEqual({ ...active, status: 'pending_permission_upgrade', sequence: 2 });
    expect(reconsider(waiting.installation, false, at(3))).toBeUndefined();
    expect(reconsider(waiting.installation, true, at(3))).toMatchObject({ kind: 'updated', installation: { ...active, sequence: 3 } });
    expect(reconsider(active, true, at(3))).toBeUndefined();
  });

  it.each<InstallationStatus>(['suspended', 'revoked', 'pending_consent'])('%s, stays so whatever its app asks for', (status) => {
    expect([reconsider(inStatus(status), true, at(2)), reconsider(inStatus(status), false, at(2))]).toEqual([undefined, undefined]);
  });

  it('is revoked once', () => {
    expect(revoke(inStatus('revoked'), at(4))).toBeUndefined();
  });

  it('is told to its app as that had chosen when the generation began', () => {
    const silent = { ...grant('orders.read', 'payments.read'), tellsCreated: false };
    expect(installAgain(active, silent, at(2))?.installation.tellsCreated).toBe(true);
    expect(installAgain(inStatus('revoked'), silent, at(2))?.installation.tellsCreated).toBe(false);
  });

  it('comes back one generation later, with the same id', () => {
    const revoked = revoke(active, at(3))!.installation;
    const change = installAgain(revoked, grant('payments.read'), at(5));
    expect(change).toMatchObject({ kind: 'created', previousStatus: 'revoked', previousScopes: [] });
    expect(change?.installation).toEqual({
      ...active,
      generation: 2,
      sequence: 3,
      grantedScopes: ['payments.read'],
      grantedPermissions: ['to payments.read'],
      installedAt: at(5).now,
    });
  });
});
