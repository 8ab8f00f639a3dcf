import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { NONE } from './id-slots.ts';
import { MerchantIndex } from './merchant-index.ts';

describe('MerchantIndex', () => {
  it('holds what a map would', () => {
    const id = fc.stringMatching(/^[A-Za-z0-9_.:-]{1,64}$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(id, fc.nat()), { maxLength: 3000 }), (entries) => {
        const index = new MerchantIndex();
        for (const [merchantId, value] of entries) index.set(merchantId, value);
        for (const [merchantId, value] of new Map(entries)) expect(index.get(merchantId)).toBe(value);
      }),
      { numRuns: 20 },
    );
  });

  it('finds every one of very many, and no other', () => {
    const index = new MerchantIndex();
    for (let n = 0; n < 100_000; n++) index.set(`mer_${n}`, n);
    expect(Array.from({ length: 100_000 }, (_, n) => index.get(`mer_${n}`)).every((value, n) => value === n)).toBe(true);
    expect([index.get('mer_100000'), index.get('mer_'), index.get(''), index.get('mer_☃')]).toEqual([NONE, NONE, NONE, NONE]);
  });

  it('refuses what no merchant can be called', () => {
    expect(() => new MerchantIndex().set('x'.repeat(256), 1)).toThrow(RangeError);
    expect(() => new MerchantIndex().set('mer_é', 1)).toThrow(RangeError);
  });
});
