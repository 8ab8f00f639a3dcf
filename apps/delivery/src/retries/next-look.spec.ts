import { describe, expect, it } from '@jest/globals';
import { nextLookMs } from './next-look.ts';

const lookOf = (tookMs: number, workers: number) => nextLookMs({ startedMs: 1000, endedMs: 1000 + tookMs, intervalMs: 250, workers });

describe('nextLookMs', () => {
  it.each([
    ['keeps to the interval while looks cost little', 5, 1, 1250],
    ['rests nine times as long as a look took', 45, 1, 1045 + 405],
    ['leaves the other workers the same', 45, 4, 1045 + 1620],
    ['rests five seconds after a look that waited nearly ten for a locked table', 9500, 4, 10_500 + 5000],
  ])('%s', (_what, tookMs, workers, expected) => {
    expect(lookOf(tookMs, workers)).toBe(expected);
  });
});
