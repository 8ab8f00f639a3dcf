import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { PrismaPg } from '@prisma/adapter-pg';
import type pg from 'pg';
import { openPool } from '@hookwright/postgres';
import { LOGGER, type Logger, Readiness } from '@hookwright/runtime';
import { ENV, type GatewayEnv } from '../env.ts';
import { PrismaClient } from '../generated/prisma/client.ts';

// Short questions by primary key or hash: more connections would only wait inside PostgreSQL.
const POOL_SIZE = 10;
// Apps that are deleted, or given or deprived of their endpoint, in the same moment; each holds one for some 50 ms.
const LOCKS_POOL_SIZE = 5;
// A caller is told 503 within 2 s, also when every connection is taken.
const CONNECT_TIMEOUT_MS = 1000;
const STATEMENT_TIMEOUT_MS = 1500;
// An AppLock is held by an idle transaction, while registry and vault are asked.
const IDLE_IN_TRANSACTION_MS = 15_000;

/** The gateway's own database. */
@Injectable()
export class Database implements OnModuleInit, OnApplicationShutdown {
  readonly client: PrismaClient;
  /**
   * For transactions that wait for other services (AppLock), and for nothing else: on connections of the same pool, as many of them as it
   * has would each wait for one more, which none of them gives back.
   */
  readonly locks: PrismaClient;
  private readonly pools: readonly [queries: pg.Pool, locks: pg.Pool];

  constructor(
    @Inject(ENV) env: GatewayEnv,
    @Inject(LOGGER) logger: Logger,
    @Inject(Readiness) private readonly readiness: Readiness,
  ) {
    const open = (connections: number): pg.Pool =>
      openPool({
        url: env.DATABASE_URL,
        applicationName: 'hookwright-gateway',
        logger,
        connections,
        connectMs: CONNECT_TIMEOUT_MS,
        statementMs: STATEMENT_TIMEOUT_MS,
        queryMs: STATEMENT_TIMEOUT_MS,
        idleInTransactionMs: IDLE_IN_TRANSACTION_MS,
      });
    this.pools = [open(POOL_SIZE), open(LOCKS_POOL_SIZE)];
    this.client = new PrismaClient({ adapter: new PrismaPg(this.pools[0]) });
    this.locks = new PrismaClient({ adapter: new PrismaPg(this.pools[1]) });
  }

  onModuleInit(): void {
    this.readiness.add('postgres', async () => {
      await this.pools[0].query('select 1');
    });
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.client.$disconnect(), this.locks.$disconnect()]);
    await Promise.all(this.pools.map((pool) => pool.end()));
  }
}
