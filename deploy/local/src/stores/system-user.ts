import { spawnSync } from 'node:child_process';
import { StartError } from '../root.ts';

export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
}

/** The user PostgreSQL runs as: itself refuses root. Undefined: the present user will do. */
export function postgresUser(): SystemUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const uid = idOf('-u');
  const gid = idOf('-g');
  if (uid === undefined || gid === undefined) {
    throw new StartError('PostgreSQL refuses to run as root, and there is no user "postgres"', 'Type: useradd --system postgres');
  }
  return { uid, gid };
}

/** Whether that user can reach and write a folder: no parent of it may be closed to others (a clone below /root is). */
export function canWrite(user: SystemUser, directory: string): boolean {
  return spawnSync('test', ['-w', directory], { ...user, cwd: '/' }).status === 0;
}

function idOf(flag: '-u' | '-g'): number | undefined {
  const { status, stdout } = spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' });
  return status === 0 ? Number(stdout) : undefined;
}
