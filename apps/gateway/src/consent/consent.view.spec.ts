import { create } from '@bufbuild/protobuf';
import { AppSchema, InstallationSchema, InstallationStatus, Mode } from '@hookwright/contracts';
import { describe, expect, it } from '@jest/globals';
import { app as sample } from '../spec/samples.ts';
import { consentView } from './consent.view.ts';

const orders = { id: 'orders', title: 'See orders', scopes: ['orders.read'], optional: false };
const money = { id: 'money', title: 'See money', scopes: ['payments.read'], optional: true };
const app = create(AppSchema, { ...sample, permissions: [orders, money], permissionRevision: 3n });
const { ACTIVE, PENDING_CONSENT, PENDING_PERMISSION_UPGRADE, REVOKED } = InstallationStatus;

const view = (installation: object, more: object = {}) =>
  consentView({
    app: create(AppSchema, { ...app, ...more }),
    partnerName: 'Ship It Inc.',
    installation: create(InstallationSchema, installation),
    redirectUri: 'https://shipit.example:8443/callback?x=1',
  });
const idsOf = (permissions: readonly { readonly id: string }[]) => permissions.map(({ id }) => id);

describe('what a merchant is asked', () => {
  it.each([PENDING_CONSENT, REVOKED])('is everything, with all optional ones ticked, when nothing is installed (%s)', (status) => {
    const asked = view({ status });
    expect(asked).toMatchObject({
      appName: 'Ship It',
      partnerName: 'Ship It Inc.',
      isInstalled: false,
      isTest: false,
      known: [],
      dropped: [],
    });
    expect(asked.fresh).toEqual([
      { ...orders, isChosen: true },
      { ...money, isChosen: true },
    ]);
    expect(asked).toMatchObject({ returnsTo: 'shipit.example:8443', permissionRevision: 3n });
  });

  it('tells what is new from what was agreed to', () => {
    const asked = view({ status: PENDING_PERMISSION_UPGRADE, grantedPermissions: ['orders'], grantedScopes: ['orders.read'] });
    expect(asked.isInstalled).toBe(true);
    expect([idsOf(asked.known), idsOf(asked.fresh)]).toEqual([['orders'], ['money']]);
  });

  it('is new when the same permission means more', () => {
    const more = { permissions: [{ ...orders, scopes: ['orders.read', 'orders.write'] }] };
    const asked = view({ status: PENDING_PERMISSION_UPGRADE, grantedPermissions: ['orders'], grantedScopes: ['orders.read'] }, more);
    expect([idsOf(asked.known), idsOf(asked.fresh)]).toEqual([[], ['orders']]);
  });

  it('has ticked what was chosen before, and not what was left out', () => {
    const both = { status: ACTIVE, grantedPermissions: ['orders', 'money'], grantedScopes: ['orders.read', 'payments.read'] };
    expect(view(both).known.map(({ id, isChosen }) => [id, isChosen])).toEqual([
      ['orders', true],
      ['money', true],
    ]);
    const one = { status: ACTIVE, grantedPermissions: ['orders'], grantedScopes: ['orders.read'] };
    expect(view(one).fresh).toMatchObject([{ id: 'money', isChosen: false }]);
  });

  it('says what is not asked for any more', () => {
    const granted = { status: ACTIVE, grantedPermissions: ['orders', 'old'], grantedScopes: ['orders.read', 'customers.read'] };
    expect(view(granted).dropped).toEqual(['customers.read']);
  });

  it('says that a test app is one', () => {
    expect(view({ status: PENDING_CONSENT }, { mode: Mode.TEST }).isTest).toBe(true);
  });
});
