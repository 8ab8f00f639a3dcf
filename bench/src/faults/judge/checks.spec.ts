import { describe, expect, it } from '@jest/globals';
import { atLeast, atMost, between, describeChecks, exactly, holds, none, note } from './checks.ts';

describe('checks', () => {
  it.each([
    [none('lost', 0), true],
    [none('lost', 1), false],
    [exactly('events', 1000, 1000), true],
    [atMost('p99', 1.2, 1.2, 'x'), true],
    [atMost('p99', 1.21, 1.2, 'x'), false],
    [atLeast('throughput', 29, 30, '%'), false],
    [between('ends after', 10.4, [9.5, 10.5], 's'), true],
    [holds('/live holds', false, 'refused'), false],
    [note('RSS', 120, 'MB'), true],
  ])('judges %j', (check, passed) => {
    expect(check.passed).toBe(passed);
  });

  it.each([atMost('after', Number.NaN, 60, 's'), atLeast('rate', Number.NaN, 0), between('at', Number.NaN, [0, 1])])(
    'never passes what never happened: %j',
    (check) => {
      expect([check.passed, check.measured]).toEqual([false, expect.stringContaining('never')]);
    },
  );

  it('are described in one line, with the limit where it says more than the value', () => {
    const checks = [
      none('lost', 0),
      atMost('dup', 138, 100),
      atMost('all arrived after', 12_345.678, 60_000, 's'),
      note('killed', 'delivery-1'),
    ];
    expect(describeChecks(checks)).toBe('lost 0; dup 138 (≤ 100) ✗; all arrived after 12 345.7 s (≤ 60 000 s); killed delivery-1');
  });
});
