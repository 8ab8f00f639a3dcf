import { describe, expect, it } from '@jest/globals';
import { toTable } from './table.ts';

describe('the table', () => {
  it('shows the median, the spread, what is wanted, and whether it is reached', () => {
    const rate = { name: 'delivered', unit: '/s', values: [9000, 7500, 8000], must: { atLeast: 7000 }, aim: { atLeast: 11_000 } };
    const lost = { name: 'lost', unit: '', values: [0], must: { atMost: 0 } };
    expect(toTable([{ name: 'fan-out', title: '', figures: [rate, lost] }])).toBe(
      [
        '| scenario | figure    | median   | spread        | must    | aim      |   |',
        '|----------|-----------|----------|---------------|---------|----------|---|',
        '| fan-out  | delivered | 8,000 /s | 7,500 … 9,000 | ≥ 7,000 | ≥ 11,000 | ✓ |',
        '|          | lost      | 0        |               | ≤ 0     |          | ✓ |',
      ].join('\n'),
    );
  });
});
