import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runCommand } from '../process/run-command.ts';
import { postgresAnswers } from './answers.ts';
import type { StoreSpec } from './store.ts';
import { canWrite, postgresUser, type SystemUser } from './system-user.ts';

export interface PostgresOptions {
  /** Folder with `postgres` and `initdb`. */
  readonly binaries: string;
  readonly port: number;
  readonly directory: string;
  readonly logFile: string;
  /** For tests: the server is real, but a power cut would lose data. */
  readonly durable?: boolean;
}

/** Where root's PostgreSQL keeps its data when its own user cannot reach the wished folder. */
const OUTSIDE = '/var/lib/hookwright';
const LARGEST_SHARED_BUFFERS_MB = 2048;
// By default a checkpoint comes with every half GB of the log of changes, i.e. every minute or so under load, and after it each page is logged
// whole again.
const SETTINGS = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'max_connections=200',
  'log_min_messages=warning',
  'max_wal_size=4GB',
  `shared_buffers=${sharedBuffersMb()}MB`,
];
const NOT_DURABLE = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];

/** A PostgreSQL server, its cluster made when there is none yet. Superuser `hookwright`, trusted on 127.0.0.1. */
export async function postgresStore(options: PostgresOptions): Promise<StoreSpec> {
  const user = postgresUser();
  const directory = postgresDirectory(options.directory, user);
  await initialise(options.binaries, directory, user);
  const address = `postgresql://hookwright:hookwright@127.0.0.1:${options.port}/postgres`;
  const settings = [...SETTINGS, `port=${options.port}`, ...(options.durable === false ? NOT_DURABLE : [])];
  return {
    address,
    process: {
      name: 'postgres',
      command: [path.join(options.binaries, 'postgres'), '-D', directory, ...settings.flatMap((setting) => ['-c', setting])],
      logFile: options.logFile,
      // SIGINT is PostgreSQL's fast shutdown: sessions are ended, the checkpoint is written.
      stopSignal: 'SIGINT',
      stopTimeoutMs: 30_000,
      readyTimeoutMs: 60_000,
      cwd: '/',
      ready: () => postgresAnswers(address),
      ...(user === undefined ? {} : { user }),
    },
  };
}

/**
 * A quarter of the machine's memory (PostgreSQL documentation, 20.4.1), 2 GB at most. The log's ids are hashes, so that each event changes
 * other pages of an index: those that do not fit are written over and over (docs/performance.md).
 */
function sharedBuffersMb(): number {
  return Math.min(LARGEST_SHARED_BUFFERS_MB, Math.floor(os.totalmem() / 4 / 1_048_576));
}

/** Removes a cluster made by postgresStore, wherever it lies. */
export function removePostgresDirectory(wished: string): void {
  fs.rmSync(wished, { recursive: true, force: true });
  fs.rmSync(path.dirname(outsideDirectory(wished)), { recursive: true, force: true });
}

function postgresDirectory(wished: string, user: SystemUser | undefined): string {
  if (user === undefined) {
    fs.mkdirSync(wished, { recursive: true, mode: 0o700 });
    return wished;
  }
  const outside = outsideDirectory(wished);
  for (const directory of fs.existsSync(outside) ? [outside] : [wished, outside]) {
    fs.mkdirSync(directory, { recursive: true });
    fs.chownSync(directory, user.uid, user.gid);
    if (canWrite(user, directory)) return directory;
    fs.rmdirSync(directory);
  }
  throw new Error(`the user postgres can write neither ${wished} nor ${outside}`);
}

function outsideDirectory(wished: string): string {
  return path.join(OUTSIDE, createHash('sha256').update(path.resolve(wished)).digest('hex').slice(0, 16), 'postgres');
}

async function initialise(binaries: string, directory: string, user: SystemUser | undefined): Promise<void> {
  if (fs.existsSync(path.join(directory, 'PG_VERSION'))) return;
  const args = ['-D', directory, '-U', 'hookwright', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync', '--no-instructions'];
  const { code, output } = await runCommand([path.join(binaries, 'initdb'), ...args], { cwd: '/', user });
  if (code !== 0) throw new Error(`initdb failed: ${output.trim()}`);
}
