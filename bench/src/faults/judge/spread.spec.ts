import { describe, expect, it } from '@jest/globals';
import { busiestToMean } from './spread.ts';

describe('busiestToMean', () => {
  it('is 1 where every second has as many', () => {
    expect(busiestToMean([5000, 6100, 7200, 8300])).toBe(1);
  });

  it('counts empty seconds in between', () => {
    expect(busiestToMean([0, 1, 2, 3999])).toBe(3);
  });

  it('is no number of none', () => {
    expect(busiestToMean([])).toBeNaN();
  });
});
