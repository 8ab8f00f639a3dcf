import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { deliveryEnv } from '../env.ts';
import { nextRetry } from './retry-policy.ts';

const SCHEDULE = [30, 120, 600, 3600, 14_400, 43_200, 86_400, 108_000];
const DAY_MS = 86_400_000;

describe('nextRetry', () => {
  it('has the schedule of design.md by default', () => {
    expect(deliveryEnv.shape.RETRY_SCHEDULE_SECONDS.parse(undefined)).toEqual(SCHEDULE);
  });

  it.each(SCHEDULE.map((seconds, at) => [at + 1, seconds]))('waits after attempt %i for %i s, and up to 20 %% more', (attempt, seconds) => {
    expect(nextRetry({ attempt, retryAfterMs: undefined }, SCHEDULE, 0)).toBe(seconds * 1000);
    expect(nextRetry({ attempt, retryAfterMs: undefined }, SCHEDULE, 0.999999)).toBeCloseTo(seconds * 1200, -3);
  });

  it('gives up after the last scheduled attempt', () => {
    expect(nextRetry({ attempt: 9, retryAfterMs: undefined }, SCHEDULE, 0)).toBeNull();
    expect(nextRetry({ attempt: 9, retryAfterMs: DAY_MS }, SCHEDULE, 0)).toBeNull();
  });

  it('is never before Retry-After, never over twice it unless the schedule is, never over a day because of it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 0, max: DAY_MS }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (attempt, retryAfterMs, random) => {
          const delayMs = nextRetry({ attempt, retryAfterMs }, SCHEDULE, random) ?? -1;
          const scheduledMs = nextRetry({ attempt, retryAfterMs: undefined }, SCHEDULE, random) ?? -1;
          expect(delayMs).toBeGreaterThanOrEqual(retryAfterMs);
          expect(delayMs).toBeGreaterThanOrEqual(scheduledMs);
          expect(delayMs).toBeLessThanOrEqual(Math.max(scheduledMs, Math.min(2 * retryAfterMs, DAY_MS)));
        },
      ),
    );
  });
});
