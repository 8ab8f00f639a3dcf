import { describe, expect, it } from '@jest/globals';
import { cookieName, cookieOf, setCookie } from './cookie.ts';

describe('a cookie', () => {
  it.each([
    ['hw=1', '1'],
    ['a=b; hw=1; c=d', '1'],
    ['a=b;hw=1', '1'],
    ['hw=1; hw=2', '1'],
    ['xhw=1', undefined],
    ['hw', undefined],
    ['', undefined],
    [undefined, undefined],
    ['hw=', ''],
  ])('is read from %j', (header, value) => {
    expect(cookieOf(header, 'hw')).toBe(value);
  });

  it('is for this host, over https only where there is https', () => {
    expect(setCookie('hw', 'x', { secure: true, seconds: 60 })).toBe('hw=x; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure');
    expect(setCookie('hw', 'x', { secure: false, seconds: 60 })).not.toContain('Secure');
    expect([cookieName('hw', { secure: true }), cookieName('hw', { secure: false })]).toEqual(['__Host-hw', 'hw']);
  });
});
