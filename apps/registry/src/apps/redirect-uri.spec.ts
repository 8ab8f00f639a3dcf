import { describe, expect, it } from '@jest/globals';
import { checkRedirectUri } from './redirect-uri.ts';

const check = (uri: string, loopback = false) => checkRedirectUri('/redirect_uris/0', uri, { loopback });

describe('a redirect URI', () => {
  it.each(['https://shipit.example/callback', 'https://shipit.example:8443/cb?app=1', 'HTTPS://shipit.example'])('may be %s', (uri) => {
    expect(check(uri)).toEqual([]);
  });

  it.each([
    '',
    'shipit.example/callback',
    '//shipit.example/callback',
    'http://shipit.example/callback',
    'https:///callback',
    'https://shipit.example/callback#part',
    'https://shipit.example/callback#',
    'https://user:word@shipit.example/',
    'https://*.shipit.example/',
    'https://shipit.example/a b',
    'https://shipit.example/\r\nx: y',
    'https://shipit.example\\@evil.example/',
    'javascript:alert(1)',
    'myapp://callback',
    'http://localhost/callback',
    `https://shipit.example/${'x'.repeat(2048)}`,
  ])('may not be %.60j', (uri) => {
    expect(check(uri)).toMatchObject([{ pointer: '/redirect_uris/0', code: 'invalid_redirect_uri' }]);
  });

  it.each(['http://localhost:3000/callback', 'http://127.0.0.1/callback', 'http://[::1]:9/callback'])(
    'may be %s while developing',
    (uri) => {
      expect(check(uri, true)).toEqual([]);
    },
  );

  it.each(['http://localhost.evil.example/', 'http://shipit.example/', 'http://127.0.0.2/'])('may not be %s, developing or not', (uri) => {
    expect(check(uri, true)).toHaveLength(1);
  });
});
