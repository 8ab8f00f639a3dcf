import { describe, expect, it } from '@jest/globals';
import { open, seal } from './seal.ts';

const key = { secret: 'a-token', salt: 'AccessToken', purpose: 'hookwright oauth' };

describe('a sealed text', () => {
  it('opens with the whole key, and with nothing less', () => {
    const sealed = seal('{"scope":"é"}', key);
    expect(open(sealed, key)).toBe('{"scope":"é"}');
    for (const other of [{ secret: 'another' }, { salt: 'RefreshToken' }, { purpose: 'another' }]) {
      expect(() => open(sealed, { ...key, ...other })).toThrow();
    }
  });

  it('shows nothing, is never the same, and cannot be changed', () => {
    const sealed = seal('secret', key);
    expect(sealed.toString('latin1')).not.toContain('secret');
    expect(seal('secret', key)).not.toEqual(sealed);
    sealed[sealed.length - 1]! ^= 1;
    expect(() => open(sealed, key)).toThrow();
  });
});
