import fs from 'node:fs';
import path from 'node:path';
import { redisAnswers } from './answers.ts';
import type { StoreSpec } from './store.ts';

export interface RedisOptions {
  readonly binary: string;
  readonly port: number;
  readonly directory: string;
  readonly logFile: string;
}

/** redis-server with nothing kept on disk: Redis holds only what may vanish (design.md). */
export function redisStore({ binary, port, directory, logFile }: RedisOptions): StoreSpec {
  fs.mkdirSync(directory, { recursive: true });
  const address = `redis://127.0.0.1:${port}`;
  const settings = ['--bind', '127.0.0.1', '--port', String(port), '--dir', path.resolve(directory)];
  return {
    address,
    process: {
      name: 'redis',
      command: [binary, ...settings, '--appendonly', 'no', '--save', '', '--daemonize', 'no'],
      logFile,
      stopSignal: 'SIGTERM',
      stopTimeoutMs: 5000,
      readyTimeoutMs: 20_000,
      ready: () => redisAnswers(address),
    },
  };
}
