import { query } from '../system/query.ts';

export interface StatementTime {
  readonly database: string;
  readonly calls: number;
  readonly ms: number;
  readonly rows: number;
  readonly text: string;
}

const TOP = `
SELECT datname AS database, calls::int, total_exec_time AS ms, rows::int, left(regexp_replace(query, '\\s+', ' ', 'g'), 90) AS text
FROM pg_stat_statements JOIN pg_database ON pg_database.oid = dbid
ORDER BY total_exec_time DESC
LIMIT 20`;

/** Forgets what statements took until now. */
export async function resetStatements(postgresUrl: string): Promise<void> {
  await query(postgresUrl, 'CREATE EXTENSION IF NOT EXISTS pg_stat_statements');
  await query(postgresUrl, 'SELECT pg_stat_statements_reset()');
}

/** The statements that took the most time since, of all databases. Planning, connections and vacuum are not in it. */
export async function topStatements(postgresUrl: string): Promise<readonly StatementTime[]> {
  return (await query(postgresUrl, TOP)) as StatementTime[];
}
