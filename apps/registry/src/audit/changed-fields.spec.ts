import { describe, expect, it } from '@jest/globals';
import { APP_DEFAULTS, type PartnerApp } from '../apps/app.ts';
import { ENDPOINT_DEFAULTS, type Endpoint } from '../endpoints/endpoint.ts';
import { changedFields } from './changed-fields.ts';

const endpoint: Endpoint = {
  ...ENDPOINT_DEFAULTS,
  url: 'https://shipit.example/hooks?token=secret',
  status: 'enabled',
  disabledReason: null,
  disabledAt: null,
  verified: true,
};
const app: PartnerApp = {
  ...APP_DEFAULTS,
  id: 'app_1',
  partnerId: 'par_1',
  mode: 'live',
  clientId: 'client',
  endpoint,
  revision: 1n,
  endpointRevision: 1n,
  permissionRevision: 1n,
  suspendedAt: null,
  createdAt: new Date(0),
  updatedAt: new Date(0),
};

describe('the changed fields of an app', () => {
  it.each<[string, Partial<PartnerApp>, string[]]>([
    ['none', {}, []],
    ['none that a partner sees', { revision: 2n, endpointRevision: 2n, updatedAt: new Date(1) }, []],
    ['its own', { name: 'Ship It', redirectUris: ['https://a.example'], permissions: [] }, ['name', 'redirect_uris']],
    ['what it signs its assertions with', { jwks: '{"keys":[]}' }, ['jwks']],
    [
      "its endpoint's",
      { endpoint: { ...endpoint, url: 'https://b.example', maxConcurrency: 3 } },
      ['webhook.url', 'webhook.max_concurrency'],
    ],
    ['its endpoint taken away', { endpoint: null, name: 'Ship It' }, ['name', 'webhook']],
    ['lists in another order', { endpoint: { ...endpoint, enabledEvents: ['a', 'b'] } }, ['webhook.enabled_events']],
  ])('are %s', (_what, change, names) => {
    expect(changedFields(app, { ...app, ...change })).toEqual(names);
    expect(changedFields({ ...app, ...change }, app)).toEqual(names);
  });

  it('are named when it has an endpoint for the first time, and when it has none before and after', () => {
    const none = { ...app, endpoint: null };
    expect(changedFields(none, app)).toEqual(['webhook']);
    expect(changedFields(none, { ...none, description: 'x' })).toEqual(['description']);
  });
});
