import { once } from 'node:events';
import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Redis } from 'ioredis';
import { Readiness } from '@hookwright/runtime';
import { ENV, type GatewayEnv } from '../env.ts';

// Redis answers within 1 ms; one that hangs must not slow the API down. Not much less: after a pause of this process, timers fire before
// answers that have come meanwhile are read, and commands would fail that did not.
const COMMAND_TIMEOUT_MS = 300;
const RECONNECT_MS = 500;

/** The gateway's one connection to Redis, where nothing is that may not vanish. */
@Injectable()
export class RedisConnection implements OnModuleInit, OnApplicationShutdown {
  readonly client: Redis;

  constructor(@Inject(ENV) env: GatewayEnv, @Inject(Readiness) readiness: Readiness) {
    this.client = new Redis(env.REDIS_URL, {
      commandTimeout: COMMAND_TIMEOUT_MS,
      // Commands fail at once while there is no connection, and none is sent twice.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      retryStrategy: () => RECONNECT_MS,
      disconnectTimeout: COMMAND_TIMEOUT_MS,
      connectionName: 'hookwright-gateway',
    });
    readiness.addHint('redis', () => {
      if (this.client.status !== 'ready') throw new Error(`Redis is ${this.client.status}`);
    });
  }

  /** The first requests find it connected, unless it is away. */
  async onModuleInit(): Promise<void> {
    if (this.client.status === 'ready') return;
    await once(this.client, 'ready', { signal: AbortSignal.timeout(COMMAND_TIMEOUT_MS) }).catch(() => undefined);
  }

  onApplicationShutdown(): void {
    this.client.disconnect();
  }
}
