import { describe, expect, it } from '@jest/globals';
import { open, requestHash, seal } from './sealed-answer.ts';

describe('a kept answer', () => {
  it('opens with the credential and key it was sealed with, and no others', () => {
    const sealed = seal('{"secret":"whsec_é"}', 'hw_live_a', 'key-1');
    expect(open(sealed, 'hw_live_a', 'key-1')).toBe('{"secret":"whsec_é"}');
    expect(sealed.toString('latin1')).not.toContain('whsec');
    expect(() => open(sealed, 'hw_live_b', 'key-1')).toThrow();
    expect(() => open(sealed, 'hw_live_a', 'key-2')).toThrow();
  });
});

describe('the hash of a request', () => {
  it('is the same for the same request only', () => {
    const hash = requestHash('POST', '/v1/apps', { name: 'a' });
    expect(requestHash('POST', '/v1/apps', { name: 'a' })).toEqual(hash);
    expect(requestHash('POST', '/v1/apps', { name: 'b' })).not.toEqual(hash);
    expect(requestHash('POST', '/v1/other', { name: 'a' })).not.toEqual(hash);
    expect(requestHash('POST', '/v1/apps', undefined)).not.toEqual(hash);
  });
});
