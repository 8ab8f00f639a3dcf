import { once } from 'node:events';
import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Redis } from 'ioredis';
import { LOGGER, type Logger, Problem, Readiness } from '@hookwright/runtime';
import { ENV, type GatewayEnv } from '../env.ts';
import { TAKE } from './take.lua.ts';

const WINDOW_MS = 60_000;
// Redis answers within 1 ms; one that hangs must not slow the API down (a request waits for it at most once a second and process). Not
// much less: after a pause of this process, timers fire before answers that have come meanwhile are read, and the limit would be off.
const COMMAND_TIMEOUT_MS = 300;
const REST_AFTER_FAILURE_MS = 1000;
const RECONNECT_MS = 500;

interface Count {
  readonly count: number;
  readonly leftMs: number;
}

/**
 * At most RATE_LIMIT_PER_MINUTE requests in a minute that begins with a caller's first one, counted in Redis by all gateways together.
 * A window rather than a bucket: a bucket of the same size lets twice as many through in the first minute.
 * Without Redis nobody is limited: the limit protects us, and the partners' work matters more.
 */
@Injectable()
export class RateLimit implements OnModuleInit, OnApplicationShutdown {
  private readonly redis: Redis;
  private readonly limit: number;
  private restUntil = 0;

  constructor(
    @Inject(ENV) env: GatewayEnv,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(Readiness) readiness: Readiness,
  ) {
    this.limit = env.RATE_LIMIT_PER_MINUTE;
    this.redis = new Redis(env.REDIS_URL, {
      commandTimeout: COMMAND_TIMEOUT_MS,
      // Commands fail at once while there is no connection, and none is sent twice.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      retryStrategy: () => RECONNECT_MS,
      disconnectTimeout: COMMAND_TIMEOUT_MS,
      connectionName: 'hookwright-gateway',
    });
    this.redis.on('error', (error: Error) => this.rest(error.message));
    readiness.addHint('redis', () => {
      if (this.redis.status !== 'ready') throw new Error(`Redis is ${this.redis.status}`);
    });
  }

  /** The first requests are limited too, unless Redis is away. */
  async onModuleInit(): Promise<void> {
    if (this.redis.status === 'ready') return;
    await once(this.redis, 'ready', { signal: AbortSignal.timeout(COMMAND_TIMEOUT_MS) }).catch(() => undefined);
  }

  onApplicationShutdown(): void {
    this.redis.disconnect();
  }

  /** Counts one request and says on the answer how many are left. Rejects with `rate_limited` when it is one too many. */
  async take(caller: string, reply: FastifyReply): Promise<void> {
    const { count, leftMs } = await this.count(caller);
    const seconds = Math.ceil(leftMs / 1000);
    reply.header('ratelimit-policy', `"default";q=${this.limit};w=${WINDOW_MS / 1000}`);
    reply.header('ratelimit', `"default";r=${Math.max(0, this.limit - count)};t=${seconds}`);
    if (count <= this.limit) return;
    const detail = `More than ${this.limit} requests within a minute.`;
    throw new Problem('rate_limited', detail, { retryAfterSeconds: Math.max(1, seconds) });
  }

  private async count(caller: string): Promise<Count> {
    if (performance.now() < this.restUntil) return { count: 0, leftMs: WINDOW_MS };
    try {
      const [count, leftMs] = (await this.redis.eval(TAKE, 1, `gateway:rate:${caller}`, WINDOW_MS)) as [number, number];
      return { count, leftMs };
    } catch (error) {
      this.rest(error instanceof Error ? error.message : String(error));
      return { count: 0, leftMs: WINDOW_MS };
    }
  }

  private rest(reason: string): void {
    const now = performance.now();
    if (now >= this.restUntil) this.logger.warn({ reason }, 'rate_limit.off');
    this.restUntil = now + REST_AFTER_FAILURE_MS;
  }
}
