import { describe, expect, it } from '@jest/globals';
import { type Failure, judgeFailure } from './failure-rule.ts';

const HOUR_MS = 3_600_000;
const of = (hours: number, change: Partial<Failure> = {}): Failure => ({
  failingForMs: hours * HOUR_MS,
  quietForMs: 0,
  tried: 3,
  warned: [],
  ...change,
});

describe('judgeFailure', () => {
  it.each<[string, Failure, number[], boolean]>([
    ['says nothing for less than an hour', of(0.99), [], false],
    ['warns after one hour', of(1), [1], false],
    ['warns once', of(23.9, { warned: [1] }), [], false],
    ['warns after a day', of(24, { warned: [1] }), [24], false],
    ['warns after two days', of(48, { warned: [1, 24] }), [48], false],
    ['makes up for what was missed', of(50), [1, 24, 48], false],
    ['warns of a single delivery too', of(1, { tried: 1 }), [1], false],
    ['does not disable at 72 h sharp: a success may be on its way', of(72, { warned: [1, 24, 48] }), [], false],
    ['disables after 72 h and what it takes a success to be known', of(72.05, { warned: [1, 24, 48] }), [], true],
    ['disables nothing that fewer than 3 deliveries were tried at', of(1000, { tried: 2, warned: [1, 24, 48] }), [], false],
    [
      'disables nothing that was not tried for longer than any pause',
      of(100, { quietForMs: 37 * HOUR_MS, warned: [1, 24, 48] }),
      [],
      false,
    ],
  ])('%s', (_name, failure, warn, disable) => {
    expect(judgeFailure(failure)).toEqual({ warn, disable });
  });
});
