/**
 * The process that owns the stores of one test run. Its parent is Jest; stdin is the thread between them: when it closes, however
 * Jest ended, the stores are stopped and their folder is removed. It prints the address of its API as the first line.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Keeper } from './keeper.ts';
import { localStores } from './local-stores.ts';
import { serveKeeper } from './server.ts';
import type { StoreFactory } from './store-factory.ts';

const runIsOver = new AbortController();
const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'hookwright-test-'));
// PostgreSQL may run as another user than this one.
fs.chmodSync(directory, 0o755);

const keeper = new Keeper(await chooseStores(), directory);
const server = await serveKeeper(keeper);
// Jest may be gone already: the end of stdin tells it, below.
process.stdout.on('error', () => undefined);
process.stdout.write(`${server.url}\n`);

process.stdin.once('close', end).resume();
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, end);

async function chooseStores(): Promise<StoreFactory> {
  const forced = process.env['TESTKIT_STORES'];
  if (forced === 'local') return localStores(directory, runIsOver.signal);
  // testcontainers is slow to load, and most runs do without it.
  const { dockerAnswers, dockerStores } = await import('./docker-stores.ts');
  if (forced === 'docker' || (await dockerAnswers())) return dockerStores();
  return localStores(directory, runIsOver.signal);
}

let ending: Promise<void> | undefined;

function end(): void {
  ending ??= stopAll().then(
    () => process.exit(0),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
}

async function stopAll(): Promise<void> {
  runIsOver.abort();
  server.close();
  await keeper.stop();
  fs.rmSync(directory, { recursive: true, force: true });
}
