import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { openPool } from '@hookwright/postgres';
import { type Logger, LOGGER, Readiness } from '@hookwright/runtime';
import { PrismaPg } from '@prisma/adapter-pg';
import type pg from 'pg';
import { ENV, type RegistryEnv } from '../env.ts';
import { type Prisma, PrismaClient } from '../generated/prisma/client.ts';

/** What a query runs on: a transaction, or the database as it is at this moment. */
export type Queries = Prisma.TransactionClient;

// Enough for the gateway's questions; one is the outbox relay's.
const MAX_CONNECTIONS = 12;
// A caller is told within 2 s that the database is away or all of its connections are taken (row P3 of the fault table).
const CONNECT_TIMEOUT_MS = 1300;
const STATEMENT_TIMEOUT_MS = 1200;
// A change waits for another change of the same app no longer than this.
const LOCK_TIMEOUT_MS = 1000;
// The outbox relay waits for Kafka inside its transaction.
const IDLE_IN_TRANSACTION_MS = 60_000;

/** The registry's PostgreSQL: one bounded pool for Prisma and the outbox relay. Connects when first asked, again and again. */
@Injectable()
export class Database implements OnModuleInit {
  readonly pool: pg.Pool;
  readonly prisma: PrismaClient;

  constructor(
    @Inject(ENV) env: RegistryEnv,
    @Inject(LOGGER) logger: Logger,
    @Inject(Readiness) private readonly readiness: Readiness,
  ) {
    this.pool = openPool({
      url: env.DATABASE_URL,
      applicationName: 'hookwright-registry',
      logger,
      connections: MAX_CONNECTIONS,
      connectMs: CONNECT_TIMEOUT_MS,
      statementMs: STATEMENT_TIMEOUT_MS,
      lockMs: LOCK_TIMEOUT_MS,
      idleInTransactionMs: IDLE_IN_TRANSACTION_MS,
    });
    this.prisma = new PrismaClient({ adapter: new PrismaPg(this.pool) });
  }

  async onModuleInit(): Promise<void> {
    // Loads Prisma's query compiler; no connection is made, so that this works without a database.
    await this.prisma.$connect();
    this.readiness.add('postgres', async () => {
      await this.pool.query('SELECT 1');
    });
  }

  async close(): Promise<void> {
    await this.prisma.$disconnect();
    await this.pool.end();
  }
}
