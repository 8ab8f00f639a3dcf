import { rateLimitWaits } from '../metrics.ts';
import type { Lease, SlotsWanted } from './lease-slots.ts';

export interface RateLimitsOptions {
  /** Slots of an app's timeline. Never rejects. */
  readonly lease: (appId: string, wanted: SlotsWanted) => Promise<Lease>;
  /** What waited for a slot can have one now. */
  readonly onSlot: (appId: string) => void;
  /** The next slot is so far away that nothing should wait for it in memory. */
  readonly onFar: (appId: string) => void;
  /** ms; goes only forward. */
  readonly clock?: () => number;
}

/** What is leased of one app's timeline. */
interface Bucket {
  perMinute: number;
  slots: number;
  /** Of the next leased slot; without one: when to ask again. */
  nextAtMs: number;
  /** Slots that were not used by then are void. */
  voidAtMs: number;
  isAsking: boolean;
  timer: NodeJS.Timeout | undefined;
}

/**
 * A delivery that can go within this time waits in its lane, others in Postgres: shorter than half the shortest lease of a parked delivery
 * (3.5 s, retries/scheduler.ts), and no commit of an offset waits longer for it.
 */
export const SOON_MS = 2000;
const MINUTE_MS = 60_000;
// So much is leased even when less is queued: a trickle below its rate costs four questions a second at most, not one a delivery.
const LOOK_AHEAD_MS = 250;
// Leased slots keep a little, as what they are for may be a moment late; then others get the next ones.
const KEPT_MS = 1000;
const FORGET_EVERY_MS = 60_000;

/**
 * Endpoints' `rate_limit_per_minute`: each delivery takes a slot of its app's timeline, which all workers share. Slots are leased a few at a
 * time, so that a delivery costs no round trip, and used at their time, so that a minute's rate comes evenly. Apps without a limit are unknown here.
 */
export class RateLimits {
  private readonly clock: () => number;
  private readonly buckets = new Map<string, Bucket>();
  private readonly sweep: NodeJS.Timeout;

  constructor(private readonly options: RateLimitsOptions) {
    this.clock = options.clock ?? (() => performance.now());
    this.sweep = setInterval(() => this.forgetIdle(), FORGET_EVERY_MS);
    this.sweep.unref();
  }

  /** Takes a slot for one delivery of the `queued` ones. False: not now; `onSlot` or `onFar` follows. */
  take(appId: string, perMinute: number, queued: number): boolean {
    const nowMs = this.clock();
    const bucket = this.bucketOf(appId, perMinute);
    if (bucket.slots > 0 && nowMs > bucket.voidAtMs) bucket.slots = 0;
    if (bucket.slots > 0 && bucket.nextAtMs <= nowMs) {
      bucket.slots--;
      bucket.nextAtMs += MINUTE_MS / perMinute;
      return true;
    }
    if (bucket.nextAtMs > nowMs + SOON_MS) queueMicrotask(() => this.options.onFar(appId));
    else if (bucket.slots > 0 || bucket.nextAtMs > nowMs) this.wakeAt(appId, bucket, nowMs);
    else if (!bucket.isAsking) void this.ask(appId, bucket, queued);
    return false;
  }

  /** How many deliveries can go within SOON_MS, as far as is known: what may wait in a lane. */
  soon(appId: string, perMinute: number): number {
    const nowMs = this.clock();
    const bucket = this.buckets.get(appId);
    const nextAtMs = bucket?.perMinute === perMinute ? Math.max(nowMs, bucket.nextAtMs) : nowMs;
    return Math.max(0, Math.floor(((nowMs + SOON_MS - nextAtMs) * perMinute) / MINUTE_MS) + (nextAtMs <= nowMs + SOON_MS ? 1 : 0));
  }

  get size(): number {
    return this.buckets.size;
  }

  stop(): void {
    clearInterval(this.sweep);
    for (const { timer } of this.buckets.values()) clearTimeout(timer);
    this.buckets.clear();
  }

  private bucketOf(appId: string, perMinute: number): Bucket {
    const known = this.buckets.get(appId);
    if (known?.perMinute === perMinute) return known;
    clearTimeout(known?.timer);
    const bucket = { perMinute, slots: 0, nextAtMs: -Infinity, voidAtMs: -Infinity, isAsking: false, timer: undefined };
    this.buckets.set(appId, bucket);
    return bucket;
  }

  private async ask(appId: string, bucket: Bucket, queued: number): Promise<void> {
    const intervalMs = MINUTE_MS / bucket.perMinute;
    bucket.isAsking = true;
    const { slots, startInMs, againInMs } = await this.options.lease(appId, {
      intervalMs,
      slots: Math.max(queued, Math.ceil(LOOK_AHEAD_MS / intervalMs)),
    });
    bucket.isAsking = false;
    if (this.buckets.get(appId) !== bucket) return;
    const nowMs = this.clock();
    bucket.slots = slots;
    bucket.nextAtMs = nowMs + (slots > 0 ? startInMs : againInMs);
    bucket.voidAtMs = Math.max(nowMs, bucket.nextAtMs + slots * intervalMs) + KEPT_MS;
    this.options.onSlot(appId);
  }

  private wakeAt(appId: string, bucket: Bucket, nowMs: number): void {
    if (bucket.timer !== undefined) return;
    rateLimitWaits.inc();
    bucket.timer = setTimeout(
      () => {
        bucket.timer = undefined;
        this.options.onSlot(appId);
      },
      Math.ceil(bucket.nextAtMs - nowMs),
    ).unref();
  }

  private forgetIdle(): void {
    const longAgoMs = this.clock() - FORGET_EVERY_MS;
    for (const [appId, { nextAtMs, isAsking, timer }] of this.buckets) {
      if (nextAtMs < longAgoMs && !isAsking && timer === undefined) this.buckets.delete(appId);
    }
  }
}
