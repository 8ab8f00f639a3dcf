import { describe, expect, it } from '@jest/globals';
import { parseMetrics } from './metrics.ts';

describe('parseMetrics', () => {
  it('sums a metric over its labels and skips comments', () => {
    const text = ['# HELP lag of', '# TYPE lag gauge', 'lag{partition="0"} 3', 'lag{partition="1",topic="a b"} 4', 'up 1', ''].join('\n');
    expect([...parseMetrics(text)]).toEqual([
      ['lag', 7],
      ['up', 1],
    ]);
  });
});
