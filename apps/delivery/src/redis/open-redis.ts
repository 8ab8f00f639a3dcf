import type { Logger } from '@hookwright/runtime';
import { Redis } from 'ioredis';

/** No command takes longer: what Redis holds is a hint, and nobody waits for a hint (rows D2–D4 of the fault table). */
export const REDIS_TIMEOUT_MS = 500;
const LONGEST_RECONNECT_MS = 2000;

/**
 * The worker's connection to Redis, not yet connected. Commands fail at once while there is none, and after REDIS_TIMEOUT_MS when
 * Redis does not answer; none is sent twice. It connects again for ever.
 */
export function openRedis(url: string, logger: Logger): Redis {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectionName: 'hookwright-delivery',
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    commandTimeout: REDIS_TIMEOUT_MS,
    connectTimeout: REDIS_TIMEOUT_MS,
    disconnectTimeout: 100,
    maxRetriesPerRequest: 0,
    retryStrategy: (times) => Math.min(LONGEST_RECONNECT_MS, 100 * times),
  });
  let fault: string | undefined;
  redis.on('error', (error: Error) => {
    if (fault === undefined) logger.warn({ reason: error.message }, 'redis.away');
    fault = error.message;
  });
  redis.on('ready', () => {
    if (fault !== undefined) logger.info('redis.back');
    fault = undefined;
  });
  return redis;
}
