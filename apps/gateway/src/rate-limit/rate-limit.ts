import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { LOGGER, type Logger, Problem } from '@hookwright/runtime';
import { ENV, type GatewayEnv } from '../env.ts';
import { RedisConnection } from '../redis/redis-connection.ts';
import { TAKE } from './take.lua.ts';

const WINDOW_MS = 60_000;
// A request waits at most once a second and process for a Redis that hangs.
const REST_AFTER_FAILURE_MS = 1000;

export interface Count {
  readonly count: number;
  /** Until the minute ends. */
  readonly leftMs: number;
}

/**
 * At most RATE_LIMIT_PER_MINUTE requests in a minute that begins with a caller's first one, counted in Redis by all gateways together.
 * A window rather than a bucket: a bucket of the same size lets twice as many through in the first minute.
 * Without Redis nobody is limited: the limit protects us, and the partners' work matters more.
 */
@Injectable()
export class RateLimit {
  private readonly limit: number;
  private restUntil = 0;

  constructor(
    private readonly redis: RedisConnection,
    @Inject(ENV) env: GatewayEnv,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.limit = env.RATE_LIMIT_PER_MINUTE;
    this.redis.client.on('error', (error: Error) => this.rest(error.message));
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

  /** Counts one more of a name within a minute that begins with the first of it; none while Redis is away. */
  async count(name: string): Promise<Count> {
    if (performance.now() < this.restUntil) return { count: 0, leftMs: WINDOW_MS };
    try {
      const [count, leftMs] = (await this.redis.client.eval(TAKE, 1, `gateway:rate:${name}`, WINDOW_MS)) as [number, number];
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
