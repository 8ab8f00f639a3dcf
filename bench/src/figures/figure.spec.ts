import { describe, expect, it } from '@jest/globals';
import { describeBound, describeNumber, judge } from './figure.ts';

describe('judge', () => {
  const rate = { name: 'rate', unit: '/s', must: { atLeast: 7000 }, aim: { atLeast: 12_000 } };
  const wait = { name: 'wait', unit: 'ms', must: { atMost: 20 }, aim: { atMost: 9 } };

  it.each([
    [rate, 12_000, 'aim'],
    [rate, 11_999, 'must'],
    [rate, 6999, 'short'],
    [wait, 9, 'aim'],
    [wait, 9.1, 'must'],
    [wait, 20.1, 'short'],
    [wait, Number.NaN, 'short'],
    [{ name: 'free', unit: '' }, 1, 'none'],
  ] as const)('of %j at %p is %p', (kind, value, verdict) => {
    expect(judge(kind, value)).toBe(verdict);
  });
});

describe('numbers in the table', () => {
  it.each([
    [12_345.6, '12,346'],
    [345.4, '345'],
    [34.56, '34.6'],
    [0.34567, '0.346'],
    [0, '0'],
    [Number.NaN, '–'],
  ])('%p is written %p', (value, text) => {
    expect(describeNumber(value)).toBe(text);
  });

  it('writes a bound with its direction', () => {
    expect(describeBound({ atLeast: 7000 })).toBe('≥ 7,000');
    expect(describeBound({ atMost: 2.5 })).toBe('≤ 2.5');
    expect(describeBound(undefined)).toBe('');
  });
});
