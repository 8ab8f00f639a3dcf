import { RateLimits, type RateLimitsOptions } from './rate-limits.ts';
import { SlotSource, type SlotSourceOptions } from './slot-source.ts';

/** The endpoints' rates, counted in Redis for all workers together. */
export function makeRateLimits({
  redis,
  workers,
  onSlot,
  onFar,
}: Pick<SlotSourceOptions, 'redis' | 'workers'> & Pick<RateLimitsOptions, 'onSlot' | 'onFar'>): RateLimits {
  const source = new SlotSource({ redis, workers });
  return new RateLimits({ lease: (appId, wanted) => source.lease(appId, wanted), onSlot, onFar });
}
