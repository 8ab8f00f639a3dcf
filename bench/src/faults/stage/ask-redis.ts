import { Redis } from 'ioredis';

/** Sends one command to Redis and returns its answer. */
export async function askRedis(url: string, [command, ...args]: readonly [string, ...string[]]): Promise<unknown> {
  const redis = new Redis(url, { maxRetriesPerRequest: 1 });
  redis.on('error', () => undefined);
  try {
    return await redis.call(command, ...args);
  } finally {
    redis.disconnect();
  }
}
