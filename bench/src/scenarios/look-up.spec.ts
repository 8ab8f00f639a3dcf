import { describe, expect, it } from '@jest/globals';
import { lookUp } from './look-up.ts';

/** Three merchants with two installations each: slots 2m and 2m + 1. */
const table = {
  size: 6,
  firstOf: (merchant: string) => (/^mer_[123]$/.test(merchant) ? (Number(merchant.slice(4)) - 1) * 2 : -1),
  after: (slot: number) => (slot % 2 === 0 ? slot + 1 : -1),
  covers: () => true,
};

describe('lookUp', () => {
  it('looks every merchant up in each of ten rounds and visits all its installations', () => {
    expect(lookUp.call([table], 3)).toMatchObject({ lookups: 30, found: 60 });
  });
});
