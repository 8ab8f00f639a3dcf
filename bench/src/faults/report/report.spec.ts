import { describe, expect, it } from '@jest/globals';
import { atMost, none } from '../judge/checks.ts';
import type { Row } from '../row.ts';
import { describeFindings, hasPassed, renderReport, type RowResult } from './report.ts';

const row = (id: string): Row => ({ id, fault: `fault of ${id}`, criterion: 'lost 0', run: () => Promise.resolve([]) });
const result = (id: string, ...lost: number[]): RowResult => ({
  row: row(id),
  findings: lost.map((value) => ({ checks: [none('lost', value)] })),
});
const RUN = { date: '2026-11-25', commit: 'abc1234' };

describe('renderReport', () => {
  it('has a line for every row: those run now, those run before, those never run', () => {
    const rows = ['R1', 'R2', 'R3'].map(row);
    const before = renderReport({ previous: '', rows: rows, results: [result('R2', 7)], run: { date: '2026-11-01', commit: '0000000' } });
    const text = renderReport({ previous: before, rows: rows, results: [result('R1', 0)], run: RUN });
    expect(text.split('\n').filter((line) => line.startsWith('| R'))).toEqual([
      '| R1 | fault of R1 | lost 0 | lost 0 | pass | 2026-11-25 | abc1234 |',
      '| R2 | fault of R2 | lost 0 | lost 7 (0) ✗ | FAIL | 2026-11-01 | 0000000 |',
      '| R3 | fault of R3 | lost 0 | not run yet | – | | |',
    ]);
    expect(text).toContain('1 rows pass, 1 fail, 1 were not run yet.');
  });

  it('does not take R10 for R1', () => {
    const before = renderReport({ previous: '', rows: [row('R10')], results: [result('R10', 0)], run: RUN });
    expect(renderReport({ previous: before, rows: [row('R1'), row('R10')], results: [], run: RUN })).toContain(
      '| R1 | fault of R1 | lost 0 | not run yet',
    );
  });

  it('keeps the first line of a reason, with its bars, in one cell', () => {
    const broken: RowResult = { row: row('R1'), findings: [{ error: 'a | b\nc' }] };
    expect(renderReport({ previous: '', rows: [row('R1')], results: [broken], run: RUN })).toContain('| not carried out: a \\| b | FAIL |');
  });
});

describe('a row run three times', () => {
  it('has passed when every run has', () => {
    expect([hasPassed(result('R1', 0, 0, 0)), hasPassed(result('R1', 0, 1, 0))]).toEqual([true, false]);
  });

  it('has not passed when one of them could not be carried out', () => {
    expect(hasPassed({ row: row('R1'), findings: [{ checks: [] }, { error: 'no broker' }] })).toBe(false);
  });

  it('shows each run', () => {
    const findings = [{ checks: [none('lost', 0), atMost('dup', 3, 9)] }, { checks: [none('lost', 0), atMost('dup', 4, 9)] }];
    expect(describeFindings(findings)).toBe('(1) lost 0; dup 3 (≤ 9) (2) lost 0; dup 4 (≤ 9)');
  });
});
