import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';

const KEY = 'hookwright:workers';
const BEAT_MS = 2000;
// A worker that says nothing for so long is gone; one that was killed takes its share of each endpoint's concurrency with it till then.
const GONE_AFTER_MS = 3 * BEAT_MS;

// A sorted set of workers by their last sign of life, in ms of Redis's own clock: workers' clocks may differ (row T1 of the fault table).
const BEAT = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return redis.call('ZCARD', KEYS[1])`;

/** How many workers there are: what an endpoint may take is divided by it. While Redis is away the last known number counts. */
export class ActiveWorkers {
  private readonly id = randomUUID();
  private timer: NodeJS.Timeout | undefined;
  private known = 1;

  constructor(
    private readonly redis: Redis,
    private readonly key = KEY,
  ) {}

  get count(): number {
    return this.known;
  }

  /** Resolves when this worker is counted, or Redis is away. */
  async start(): Promise<void> {
    this.timer = setInterval(() => void this.beat(), BEAT_MS);
    this.timer.unref();
    await this.beat();
  }

  /** Counts no more: the others may take over its share. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.redis.zrem(this.key, this.id).catch(() => undefined);
  }

  private async beat(): Promise<void> {
    try {
      this.known = Math.max(1, Number(await this.redis.eval(BEAT, 1, this.key, this.id, GONE_AFTER_MS)));
    } catch {
      // Away: see above.
    }
  }
}
