import type { Redis } from 'ioredis';
import { LEASE, type Lease, type SlotsWanted, leaseSlots } from './lease-slots.ts';

export interface SlotSourceOptions {
  readonly redis: Redis;
  /** Workers that share each app's rate while Redis is away. */
  readonly workers: () => number;
  /** ms; goes only forward. */
  readonly clock?: () => number;
}

const ASK_REDIS_AGAIN_MS = 1000;

/**
 * Where slots come from: Redis, for all workers together; while it is away, slow or full, from this worker's own count, which gives it an
 * equal share of the rate. Redis is given up after half a second (REDIS_TIMEOUT_MS) and looked at again once a second, nobody waiting for it.
 */
export class SlotSource {
  private readonly clock: () => number;
  private readonly own = new Map<string, number>();
  private awayUntilMs = -Infinity;
  private isAway = false;

  constructor(private readonly options: SlotSourceOptions) {
    this.clock = options.clock ?? (() => performance.now());
  }

  /** Never rejects. */
  async lease(appId: string, wanted: SlotsWanted): Promise<Lease> {
    if (!this.isAway) return (await this.ofRedis(appId, wanted)) ?? this.ofOwn(appId, wanted);
    if (this.clock() >= this.awayUntilMs) {
      this.awayUntilMs = this.clock() + ASK_REDIS_AGAIN_MS;
      void this.ofRedis(appId, wanted);
    }
    return this.ofOwn(appId, wanted);
  }

  private async ofRedis(appId: string, { intervalMs, slots }: SlotsWanted): Promise<Lease | undefined> {
    try {
      const answer = await this.options.redis.eval(LEASE, 1, `hookwright:rate:${appId}`, intervalMs, slots);
      const [granted, startInMs, againInMs] = answer as [number, string, string];
      this.isAway = false;
      this.own.clear();
      return { slots: granted, startInMs: Number(startInMs), againInMs: Number(againInMs) };
    } catch {
      this.isAway = true;
      this.awayUntilMs = this.clock() + ASK_REDIS_AGAIN_MS;
      return undefined;
    }
  }

  private ofOwn(appId: string, { intervalMs, slots }: SlotsWanted): Lease {
    const share = { slots, intervalMs: intervalMs * Math.max(1, this.options.workers()) };
    const { lease, nextMs } = leaseSlots(this.own.get(appId), this.clock(), share);
    this.own.set(appId, nextMs);
    return lease;
  }
}
