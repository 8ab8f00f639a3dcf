import { PrismaPg } from '@prisma/adapter-pg';
import { openPool } from '@hookwright/postgres';
import { withTimeout } from '@hookwright/runtime';
import type pg from 'pg';
import type { Logger } from 'pino';
import { type Prisma, PrismaClient } from '../generated/prisma/client.ts';

/** What a repository queries with: a transaction, or the client itself. */
export type Queries = Prisma.TransactionClient;

const MAX_CONNECTIONS = 10;
const CONNECT_MS = 1500;
// Callers give up after 2 s (grpcClient).
const STATEMENT_MS = 1500;
const ANSWER_MS = 1800;
// A transaction whose owner is gone must not hold its locks.
const IDLE_IN_TRANSACTION_MS = 5000;

/** The vault's own PostgreSQL. Connects when asked to, so that the service starts without it. */
export class Database {
  readonly pool: pg.Pool;
  readonly prisma: PrismaClient;

  constructor(url: string, logger: Logger) {
    this.pool = openPool({
      url,
      applicationName: 'hookwright-vault',
      logger,
      connections: MAX_CONNECTIONS,
      connectMs: CONNECT_MS,
      statementMs: STATEMENT_MS,
      idleInTransactionMs: IDLE_IN_TRANSACTION_MS,
    });
    this.prisma = new PrismaClient({ adapter: new PrismaPg(this.pool), errorFormat: 'minimal' });
  }

  /** The result of some queries. Rejects with what asProblem makes a `service_unavailable` when PostgreSQL is away or has no answer within 1.8 s. */
  read<Result>(query: (queries: Queries) => Promise<Result>): Promise<Result> {
    return withTimeout(query(this.prisma), ANSWER_MS);
  }

  /** All of the work or nothing of it. When no answer comes in time it is rolled back, unless PostgreSQL had committed already. */
  transaction<Result>(work: (transaction: Queries) => Promise<Result>): Promise<Result> {
    return withTimeout(this.prisma.$transaction(work, { maxWait: ANSWER_MS, timeout: ANSWER_MS }), ANSWER_MS);
  }

  /** Rejects, with the reason, while the vault's tables cannot be queried. */
  async check(): Promise<void> {
    await this.pool.query('SELECT FROM secret LIMIT 0');
  }

  async close(): Promise<void> {
    await this.prisma.$disconnect();
    await this.pool.end();
  }
}
