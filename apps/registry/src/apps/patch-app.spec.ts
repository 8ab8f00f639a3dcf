import { describe, expect, it } from '@jest/globals';
import { ENDPOINT_DEFAULTS } from '../endpoints/endpoint.ts';
import { APP_DEFAULTS, type PartnerApp } from './app.ts';
import { changeEndpoint, patchApp } from './patch-app.ts';

const created = new Date('2026-11-25T12:00:00.000Z');
const context = { now: new Date('2026-11-25T13:00:00.000Z'), verification: false };
const bare: PartnerApp = {
  ...APP_DEFAULTS,
  id: 'app_1',
  partnerId: 'par_1',
  mode: 'live',
  clientId: 'c',
  name: 'Ship It',
  endpoint: null,
  revision: 4n,
  endpointRevision: 2n,
  permissionRevision: 1n,
  suspendedAt: null,
  createdAt: created,
  updatedAt: created,
};
const url = 'https://shipit.example/hooks';
const hooked = patchApp(bare, { webhook: { url } }, context).app;

describe('a patch of an app', () => {
  it.each([
    ['an empty one', bare, {}],
    ['what it has already', bare, { name: 'Ship It', redirectUris: [], permissions: [] }],
    ['no endpoint for an app without one', bare, { webhook: null }],
    ['an endpoint it has already', hooked, { webhook: { url, enabledEvents: ['*'] } }],
    ['an empty endpoint patch', hooked, { webhook: {} }],
  ])('that changes nothing moves no revision: %s', (_what, app, patch) => {
    expect(patchApp(app, patch, context)).toEqual({ app, changed: false, endpointChanged: false, permissionsChanged: false });
  });

  it('replaces what it has and keeps the rest', () => {
    const { app, changed, endpointChanged } = patchApp(hooked, { name: 'Ship Them', redirectUris: ['https://a.example'] }, context);
    expect({ changed, endpointChanged }).toEqual({ changed: true, endpointChanged: false });
    expect(app).toEqual({ ...hooked, name: 'Ship Them', redirectUris: ['https://a.example'], revision: 6n, updatedAt: context.now });
  });

  it('makes, changes and removes the endpoint, whose revision never goes back', () => {
    expect(hooked).toMatchObject({ endpoint: { ...ENDPOINT_DEFAULTS, url, status: 'enabled' }, revision: 5n, endpointRevision: 3n });
    const removed = patchApp(hooked, { webhook: null }, context);
    expect(removed).toMatchObject({ app: { endpoint: null, revision: 6n, endpointRevision: 4n }, endpointChanged: true });
    expect(patchApp(removed.app, { webhook: { url } }, context).app.endpointRevision).toBe(5n);
  });

  it('asks merchants for something else when its permissions do, not when they are worded anew', () => {
    const orders = { id: 'orders', title: 'See orders', scopes: ['orders.read'], optional: false };
    const asking = patchApp(bare, { permissions: [orders] }, context);
    expect(asking).toMatchObject({ permissionsChanged: true, app: { permissionRevision: 2n } });
    const reworded = patchApp(asking.app, { permissions: [{ ...orders, title: 'Look at orders' }] }, context);
    expect(reworded).toMatchObject({ changed: true, permissionsChanged: false, app: { permissionRevision: 2n } });
  });

  it('counts a change of the endpoint alone as one of the app', () => {
    expect(changeEndpoint(hooked, { ...hooked.endpoint!, status: 'paused' }, context.now)).toMatchObject({
      app: { endpoint: { status: 'paused' }, revision: 6n, endpointRevision: 4n, updatedAt: context.now },
      changed: true,
      endpointChanged: true,
    });
    expect(changeEndpoint(hooked, hooked.endpoint, context.now).changed).toBe(false);
  });
});
