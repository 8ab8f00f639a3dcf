import { openPool } from '@hookwright/postgres';
import type { Logger } from '@hookwright/runtime';
import type pg from 'pg';

// A store that is away is noticed, and waited for, by whoever queries it: rather soon than late.
const CONNECT_TIMEOUT_MS = 2000;
const STATEMENT_TIMEOUT_MS = 10_000;
const IDLE_IN_TRANSACTION_MS = 30_000;
// Statements are planned once for each connection, often while the day's partition is empty: reading all of it is cheap then, and costs
// 50 ms a batch an hour later. Every statement here has an index to go by.
const PLANNER = { enable_seqscan: 'off', enable_hashjoin: 'off', enable_mergejoin: 'off', jit: 'off' };

// What nobody waits for any more must not go on: the gateway gives up after two seconds.
const READ_CONNECTIONS = 3;
const READ_CONNECT_MS = 500;
const READ_STATEMENT_MS = 1500;

/** The pool of what partners read: of its own, so that no question of theirs can keep the log waiting. */
export function openReadPool({ url, logger }: { url: string; logger: Logger }): pg.Pool {
  return openPool({
    url,
    applicationName: 'hookwright-delivery-reads',
    logger,
    connections: READ_CONNECTIONS,
    connectMs: READ_CONNECT_MS,
    statementMs: READ_STATEMENT_MS,
    queryMs: READ_STATEMENT_MS + 500,
    idleInTransactionMs: IDLE_IN_TRANSACTION_MS,
    settings: PLANNER,
  });
}

/** The log's pool. Everything on it is one statement, or a transaction that drops its connection when it fails. */
export function openLogPool({ url, connections, logger }: { url: string; connections: number; logger: Logger }): pg.Pool {
  return openPool({
    url,
    applicationName: 'hookwright-delivery',
    logger,
    connections,
    connectMs: CONNECT_TIMEOUT_MS,
    statementMs: STATEMENT_TIMEOUT_MS,
    queryMs: STATEMENT_TIMEOUT_MS + 1000,
    idleInTransactionMs: IDLE_IN_TRANSACTION_MS,
    settings: PLANNER,
  });
}
