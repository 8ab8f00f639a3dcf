import { describe, expect, it } from '@jest/globals';
import { PaceMeter } from './pace-meter.ts';

describe('PaceMeter', () => {
  it('counts over what there is of the last two seconds', () => {
    const meter = new PaceMeter(0);
    expect(meter.perSecond(0)).toBe(0);
    for (let ms = 10; ms <= 500; ms += 10) meter.tick(ms);
    expect(meter.perSecond(500)).toBe(100);
    for (let ms = 510; ms <= 5000; ms += 10) meter.tick(ms);
    expect(meter.perSecond(5000)).toBeCloseTo(100, -1);
  });

  it('falls when nothing comes any more, to nothing after two seconds', () => {
    const meter = new PaceMeter(0);
    for (let ms = 10; ms <= 1000; ms += 10) meter.tick(ms);
    expect(meter.perSecond(1900)).toBeLessThan(60);
    expect(meter.perSecond(3100)).toBe(0);
    meter.tick(3100);
    expect(meter.perSecond(3101)).toBeLessThanOrEqual(1);
  });

  it('knows sooner with a shorter window', () => {
    const meter = new PaceMeter(0, 100);
    for (let ms = 5000; ms < 5100; ms += 1) meter.tick(ms);
    expect(meter.perSecond(5100)).toBeGreaterThan(500);
    expect(meter.perSecond(5350)).toBe(0);
  });
});
