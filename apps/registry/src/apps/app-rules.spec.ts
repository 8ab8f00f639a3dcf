import { describe, expect, it } from '@jest/globals';
import { APP_DEFAULTS, type AppChoices } from './app.ts';
import { checkApp } from './app-rules.ts';

const orders = { id: 'orders', title: 'See orders', scopes: ['orders.read'], optional: false };
const check = (patch: Partial<AppChoices>) => checkApp({ ...APP_DEFAULTS, name: 'Ship It', ...patch }, { loopback: false });
const many = (count: number) => Array.from({ length: count }, (_item, index) => index);

describe('an app', () => {
  it('needs only a name', () => {
    expect(check({})).toEqual([]);
    expect(checkApp(APP_DEFAULTS, { loopback: false })).toMatchObject([{ pointer: '/name', code: 'missing_field' }]);
  });

  it.each<[Partial<AppChoices>, string, string]>([
    [{ name: '   ' }, '/name', 'invalid_field'],
    [{ name: 'x'.repeat(101) }, '/name', 'invalid_field'],
    [{ name: 'Ship\nIt' }, '/name', 'invalid_field'],
    [{ name: 'Ship\u0000It' }, '/name', 'invalid_field'],
    [{ name: 'Ship \ud800' }, '/name', 'invalid_field'],
    [{ description: 'x'.repeat(2001) }, '/description', 'invalid_field'],
    [{ description: 'a\u0000' }, '/description', 'invalid_field'],
    [{ redirectUris: ['https://a.example', 'ftp://a.example'] }, '/redirect_uris/1', 'invalid_redirect_uri'],
    [{ redirectUris: many(21).map((n) => `https://a.example/${n}`) }, '/redirect_uris', 'invalid_field'],
    [{ permissions: many(51).map((n) => ({ ...orders, id: `p${n}` })) }, '/permissions', 'invalid_field'],
    [{ permissions: [{ ...orders, id: 'no good' }] }, '/permissions/0/id', 'invalid_field'],
    [{ permissions: [{ ...orders, title: 'x'.repeat(101) }] }, '/permissions/0/title', 'invalid_field'],
    [{ permissions: [{ ...orders, scopes: ['orders.read', 'a b'] }] }, '/permissions/0/scopes/1', 'invalid_field'],
    [{ permissions: [orders, orders] }, '/permissions/1/id', 'invalid_field'],
  ])('cannot have %.60j', (patch, pointer, code) => {
    expect(check(patch)).toMatchObject([{ pointer, code }]);
  });

  it('can have a description of several lines, permissions and redirect URIs', () => {
    expect(check({ description: 'One.\nTwo.', permissions: [orders], redirectUris: ['https://a.example/cb'] })).toEqual([]);
  });
});
