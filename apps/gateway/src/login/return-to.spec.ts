import { describe, expect, it } from '@jest/globals';
import { loginPath, returnTo } from './return-to.ts';

describe('where a login leads back to', () => {
  it('is a page of ours', () => {
    expect(returnTo('/oauth/interaction/JqD2mS0aFf4qJQ5nYb6vX')).toBe('/oauth/interaction/JqD2mS0aFf4qJQ5nYb6vX');
    for (const page of ['/merchant', '/merchant/apps/ins_1', '/merchant/apps/ins_1/permissions', '/merchant/apps/ins_1/revoke'])
      expect(returnTo(page)).toBe(page);
    expect(loginPath('/oauth/interaction/a b')).toBe('/oauth/login?return_to=%2Foauth%2Finteraction%2Fa+b');
    expect(loginPath('/oauth/interaction/a', { anew: true })).toBe('/oauth/login?return_to=%2Foauth%2Finteraction%2Fa&prompt=login');
  });

  it.each([
    undefined,
    '',
    'https://evil.example/',
    '//evil.example/oauth/interaction/JqD2mS0aFf4q',
    '/\\evil.example',
    '/oauth/interaction/../../evil',
    '/oauth/interaction/JqD2mS0aFf4q/..//evil.example',
    '/oauth/interaction/JqD2mS0aFf4q?x',
    '/oauth/interaction/JqD2mS0aFf4q\n',
    'javascript:alert(1)',
    '/merchant/',
    '/merchant/logout',
    '/merchant/apps/..',
    '/merchant/apps/ins_1/permissions?x',
    '/merchant//evil.example',
  ])('is not %j', (text) => {
    expect(returnTo(text)).toBeUndefined();
  });
});
