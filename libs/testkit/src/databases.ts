import type { DatabaseOwner } from '@hookwright/local';
import pg from 'pg';
import { askKeeper } from './keeper/client.ts';

export interface TestDatabase {
  readonly url: string;
  readonly pool: pg.Pool;
  /** Ends the pool and drops the database, whoever is still connected. */
  drop(): Promise<void>;
}

/** A new database of the run's PostgreSQL with the migrations of that service applied. */
export async function createDatabase(owner: DatabaseOwner): Promise<TestDatabase> {
  const url = (await askKeeper('POST', `/databases/${owner}`)) as string;
  const pool = new pg.Pool({ connectionString: url });
  pool.on('error', () => undefined);
  const drop = async (): Promise<void> => {
    await pool.end();
    await askKeeper('DELETE', `/databases${new URL(url).pathname}`);
  };
  return { url, pool, drop };
}
