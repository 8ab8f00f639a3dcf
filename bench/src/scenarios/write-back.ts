import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { query } from '../system/query.ts';

/**
 * Has written what the stores have to write. The kernel would do it in one go some 30 s later, hundreds of megabytes in the middle of what is
 * measured; and after a checkpoint PostgreSQL reuses its log's files as it does in operation, where a new cluster makes each anew.
 */
export async function writeBack(postgresUrl: string): Promise<void> {
  await query(postgresUrl, 'CHECKPOINT');
  await promisify(execFile)('sync');
}
