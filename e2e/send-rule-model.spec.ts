import { describe, expect, it } from '@jest/globals';
import {
  type AppState,
  type InstallationState,
  install,
  isForwarded,
  isTold,
  reconsider,
  revoke,
  suspend,
  unsuspend,
} from './send-rule-model.ts';

const app: AppState = {
  mode: 'live',
  sources: ['partner_app', 'installed_merchants'],
  patterns: ['*'],
  permissions: ['orders.read'],
  isPaused: false,
};
const active: InstallationState = { status: 'active', generation: 1, granted: ['orders.read'], asked: ['orders.read'], sequence: 1 };
const order = { type: 'order.created', mode: 'live' } as const;
const wider = { ...app, permissions: ['orders.read', 'refunds.read'] };

describe('the model of the send rule', () => {
  it.each<[string, boolean, Partial<AppState>, Partial<InstallationState>]>([
    ['as it is', true, {}, {}],
    ['waiting for consent to more', true, {}, { status: 'pending_permission_upgrade' }],
    ['suspended', false, {}, { status: 'suspended' }],
    ['revoked', false, {}, { status: 'revoked' }],
    ['without the scope', false, {}, { granted: ['refunds.read'] }],
    ['with another mode', false, { mode: 'test' }, {}],
    ['without the source', false, { sources: ['partner_app'] }, {}],
    ['with the exact type', true, { patterns: ['order.created'] }, {}],
    ['with a prefix', true, { patterns: ['order.*'] }, {}],
    ['with another prefix', false, { patterns: ['ord.*', 'orders.*', 'refund.*'] }, {}],
  ])('sends an order, %s: %s', (_how, sent, ofApp, ofInstallation) => {
    expect(isForwarded({ ...app, ...ofApp }, { ...active, ...ofInstallation }, order)).toBe(sent);
  });

  it('sends nothing of a merchant who installed nothing', () => {
    expect(isForwarded(app, undefined, order)).toBe(false);
  });

  it('tells what was chosen, and a revoke always', () => {
    const deaf = { ...app, sources: ['installed_merchants'], patterns: ['order.*'] } as const;
    expect([isTold(app, 'created'), isTold(deaf, 'created'), isTold(deaf, 'revoked')]).toEqual([true, false, true]);
    expect(isTold({ ...app, patterns: ['partner_app.install.created'] }, 'created')).toBe(true);
    expect(isTold({ ...app, patterns: ['partner_app.install.created'] }, 'suspended')).toBe(false);
  });
});

describe('the model of an installation', () => {
  it('goes from one to seven as api.md says', () => {
    const first = install(undefined, ['orders.read'], app);
    expect(first).toEqual({ installation: active, told: 'created' });
    expect(install(active, ['orders.read'], app)).toEqual({ installation: active });
    const asked = reconsider(active, wider);
    expect(asked).toMatchObject({ told: 'updated', installation: { status: 'pending_permission_upgrade', sequence: 2 } });
    expect(install(asked.installation, ['orders.read'], wider)).toEqual({ installation: asked.installation });
    const agreed = install(asked.installation, ['orders.read', 'refunds.read'], wider);
    expect(agreed).toMatchObject({ told: 'permissions_updated', installation: { status: 'active', sequence: 3 } });
    const held = suspend(agreed.installation)!;
    expect(held).toMatchObject({ told: 'suspended', installation: { status: 'suspended' } });
    expect(suspend(held.installation)).toEqual({ installation: held.installation });
    const going = unsuspend(held.installation, wider)!;
    expect(going).toMatchObject({ told: 'unsuspended', installation: { status: 'active' } });
    const ended = revoke(going.installation);
    expect(ended).toMatchObject({ told: 'revoked', installation: { status: 'revoked', granted: [], sequence: 6 } });
    expect([revoke(ended.installation).told, suspend(ended.installation), unsuspend(ended.installation, wider)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(install(ended.installation, ['orders.read'], wider)).toMatchObject({
      told: 'created',
      installation: { status: 'active', generation: 2, sequence: 7 },
    });
  });

  it('waits for more after a suspension in which the app came to ask for it', () => {
    const held = { ...active, status: 'suspended' } as const;
    expect(reconsider(held, wider)).toEqual({ installation: held });
    expect(unsuspend(held, wider)).toMatchObject({ installation: { status: 'pending_permission_upgrade' } });
  });

  it('is not asked again for what it was asked for when it agreed to less', () => {
    const less = install(undefined, ['orders.read'], wider).installation;
    expect(less.status).toBe('active');
    expect(reconsider(less, wider)).toEqual({ installation: less });
  });
});
