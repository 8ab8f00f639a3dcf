import { describe, expect, it } from '@jest/globals';
import { pageSize, restAfter } from './pace.ts';

describe('the pace of wrapping anew', () => {
  it.each([
    [1, 1],
    [49, 49],
    [200, 50],
    [10_000, 50],
  ])('at %i rows a second takes %i at once', (perSecond, rows) => {
    expect(pageSize(perSecond)).toBe(rows);
  });

  it.each([
    [{ rows: 50, tookMs: 30 }, 200, 220],
    [{ rows: 50, tookMs: 250 }, 200, 0],
    [{ rows: 50, tookMs: 3000 }, 200, 0],
    [{ rows: 1, tookMs: 10 }, 1, 990],
    [{ rows: 0, tookMs: 5 }, 200, 0],
  ])('rests after %j at %i a second for %i ms', (page, perSecond, restMs) => {
    expect(restAfter(page, perSecond)).toBe(restMs);
  });
});
