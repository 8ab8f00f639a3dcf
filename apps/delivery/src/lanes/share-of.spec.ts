import { expect, it } from '@jest/globals';
import { shareOf } from './share-of.ts';

it.each([
  [10, 1, 10],
  [10, 2, 5],
  [10, 3, 4],
  [10, 20, 1],
  [1, 4, 1],
  [undefined, 2, 1],
  [0, 2, 1],
])('gives of %p at once, of %i workers to each %i', (concurrency, workers, share) => {
  expect(shareOf(concurrency, workers)).toBe(share);
});
