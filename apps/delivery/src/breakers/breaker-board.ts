import type { Logger } from '@hookwright/runtime';
import { Redis } from 'ioredis';
import type { BreakerTransition } from './breakers.ts';

export interface BoardListener {
  /** Another worker, or this one before its restart, opened the endpoint's breaker. */
  opened(appId: string): void;
  closed(appId: string): void;
}

interface Known {
  readonly probeAtMs: number;
  /** This worker opened it. */
  readonly isOwn: boolean;
}

/** Hash: app id → time of the next probe in ms. A field outlives its time by nobody: whoever reads it ignores what is over. */
const KEY = 'hookwright:breakers';
const READ_EVERY_MS = 2000;
const TIMEOUT_MS = 500;
const FORGOTTEN_AFTER_MS = 60_000;

/**
 * Which breakers are open, for all workers, in Redis. Only a hint: without Redis each worker finds out for itself, after a few failures.
 */
export class BreakerBoard {
  private readonly redis: Redis;
  private readonly known = new Map<string, Known>();
  private timer: NodeJS.Timeout | undefined;
  private fault: string | undefined;

  constructor(
    url: string,
    private readonly listener: BoardListener,
    private readonly logger: Logger,
  ) {
    this.redis = new Redis(url, {
      lazyConnect: true,
      enableOfflineQueue: false,
      commandTimeout: TIMEOUT_MS,
      connectTimeout: TIMEOUT_MS,
      maxRetriesPerRequest: 1,
      retryStrategy: (times) => Math.min(2000, 100 * times),
    });
    this.redis.on('error', (error: Error) => this.lost(error));
    this.redis.on('ready', () => this.found());
  }

  /** Reads what is open, once before anything is sent; waits for Redis no longer than half a second. */
  async start(): Promise<void> {
    await this.redis.connect().catch(() => undefined);
    await this.read();
    this.timer = setInterval(() => void this.read(), READ_EVERY_MS);
    this.timer.unref();
  }

  /** Lets the others know. */
  tell({ appId, state, probeAtMs, isTold }: BreakerTransition): void {
    if (isTold || state === 'half_open') return;
    if (state === 'open') {
      this.known.set(appId, { probeAtMs, isOwn: true });
      this.put(appId, probeAtMs);
    } else {
      this.known.delete(appId);
      this.remove(appId);
    }
  }

  stop(): void {
    clearInterval(this.timer);
    this.redis.disconnect();
  }

  private async read(): Promise<void> {
    if (this.redis.status !== 'ready') return;
    try {
      this.compare(await this.redis.hgetall(KEY));
    } catch (error) {
      this.lost(error as Error);
    }
  }

  private compare(open: Readonly<Record<string, string>>): void {
    const nowMs = Date.now();
    for (const [appId, text] of Object.entries(open)) {
      const probeAtMs = Number(text);
      // Long after its probe was due nobody cares for it any more.
      if (!(probeAtMs > nowMs - FORGOTTEN_AFTER_MS)) this.remove(appId);
      else if (probeAtMs > nowMs && !this.known.has(appId)) {
        this.known.set(appId, { probeAtMs, isOwn: false });
        this.listener.opened(appId);
      }
    }
    for (const [appId, { probeAtMs, isOwn }] of this.known) {
      if (probeAtMs <= nowMs) this.known.delete(appId);
      else if (open[appId] === undefined) this.missing(appId, { probeAtMs, isOwn });
    }
  }

  /** It was closed by another worker, or, if it is our own, Redis has lost its memory. */
  private missing(appId: string, { probeAtMs, isOwn }: Known): void {
    if (isOwn) this.put(appId, probeAtMs);
    else {
      this.known.delete(appId);
      this.listener.closed(appId);
    }
  }

  private put(appId: string, probeAtMs: number): void {
    void this.redis.hset(KEY, appId, String(probeAtMs)).catch(() => undefined);
  }

  private remove(appId: string): void {
    void this.redis.hdel(KEY, appId).catch(() => undefined);
  }

  private lost(error: Error): void {
    if (this.fault === undefined) this.logger.warn({ reason: error.message }, 'redis.away');
    this.fault = error.message;
  }

  private found(): void {
    if (this.fault !== undefined) this.logger.info('redis.back');
    this.fault = undefined;
  }
}
