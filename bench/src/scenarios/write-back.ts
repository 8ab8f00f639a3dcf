import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import pg from 'pg';

/**
 * Has written what the stores have to write. The kernel would do it in one go some 30 s later, hundreds of megabytes in the middle of what is
 * measured; and after a checkpoint PostgreSQL reuses its log's files as it does in operation, where a new cluster makes each anew.
 */
export async function writeBack(postgresUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: postgresUrl });
  await client.connect();
  try {
    await client.query('CHECKPOINT');
  } finally {
    await client.end();
  }
  await promisify(execFile)('sync');
}
