import { describe, expect, it } from '@jest/globals';
import { DEMO_KEYS, generateKey, hashKey, isDemoKey, prefixOf } from './api-key.ts';

describe('an API key', () => {
  it('tells its mode, is never the same, and fits an Authorization header', () => {
    expect(generateKey('live')).toMatch(/^hw_live_[A-Za-z0-9_-]{27}$/);
    expect(generateKey('test')).toMatch(/^hw_test_/);
    expect(generateKey('live')).not.toBe(generateKey('live'));
  });

  it('is kept as a hash and its first characters', () => {
    const key = generateKey('live');
    expect(hashKey(key)).toHaveLength(32);
    expect(prefixOf(key)).toBe(key.slice(0, 12));
  });

  it('may be a demo key', () => {
    expect(isDemoKey(DEMO_KEYS.live)).toBe(true);
    expect(isDemoKey(generateKey('live'))).toBe(false);
  });
});
