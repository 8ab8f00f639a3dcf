import pg from 'pg';
import type { Logger } from 'pino';

export interface PoolOptions {
  readonly url: string;
  /** Shown by PostgreSQL in pg_stat_activity. */
  readonly applicationName: string;
  readonly logger: Logger;
  readonly connections: number;
  /** How long a caller waits for a connection, its making included. */
  readonly connectMs: number;
  readonly statementMs: number;
  /** A statement waits for a lock no longer than this; default: as long as for its whole time. */
  readonly lockMs?: number;
  /**
   * Ends the waiting for a server that does not even keep its own timeouts. Not for pools with transactions that write through Prisma: pg
   * forgets the ROLLBACK that waits behind a statement without an answer, and the connection goes back with its transaction open.
   */
  readonly queryMs?: number;
  /** A transaction whose owner does nothing any more loses its locks after this. */
  readonly idleInTransactionMs: number;
  /** Further settings of PostgreSQL for every connection, by name. */
  readonly settings?: Readonly<Record<string, string>>;
}

/**
 * A bounded pool on a service's own database. It connects when asked to, again and again, so that a service starts without its
 * database and outlives a restart of it.
 */
export function openPool({
  url,
  applicationName,
  logger,
  connections,
  connectMs,
  statementMs,
  lockMs,
  queryMs,
  idleInTransactionMs,
  settings = {},
}: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: applicationName,
    max: connections,
    connectionTimeoutMillis: connectMs,
    statement_timeout: statementMs,
    ...(lockMs === undefined ? {} : { lock_timeout: lockMs }),
    ...(queryMs === undefined ? {} : { query_timeout: queryMs }),
    idle_in_transaction_session_timeout: idleInTransactionMs,
    keepAlive: true,
    options: Object.entries(settings)
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
  });
  // Both are errors of connections that nobody is waiting for: idle ones, and ones between two statements. Unheard they would end the process.
  pool.on('error', (error) => logger.warn({ reason: error.message }, 'postgres.connection_lost'));
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}
