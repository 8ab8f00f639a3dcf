import { describe, expect, it } from '@jest/globals';
import { parseMetrics } from './metrics.ts';

describe('parseMetrics', () => {
  it('sums a metric over its labels, knows each series, and skips comments', () => {
    const text = ['# HELP lag of', '# TYPE lag gauge', 'lag{partition="0"} 3', 'lag{partition="1",topic="a b"} 4', 'up 1', ''].join('\n');
    const metrics = parseMetrics(text);
    expect(metrics.get('lag')).toBe(7);
    expect(metrics.get('lag{partition="0"}')).toBe(3);
    expect(metrics.get('up')).toBe(1);
    expect(metrics.get('down')).toBeUndefined();
    expect(metrics.series).toBe(3);
  });
});
