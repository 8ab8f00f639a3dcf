import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { NODE, redisAnswers } from '@hookwright/local';
import { eventually } from '../eventually.ts';

const MAIN = path.join(import.meta.dirname, 'main.ts');

let temporary: string;
let keeper: ChildProcess;
let redis: string;

// A keeper of this spec's own, with one store: the run's keeper must live on.
beforeEach(async () => {
  temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'hookwright-keeper-'));
  const env = { ...process.env, NODE_OPTIONS: '', TMPDIR: temporary, TESTKIT_STORES: 'local' };
  const flags = ['--conditions=@hookwright/source', '--disable-warning=ExperimentalWarning'];
  keeper = spawn(NODE, [...flags, MAIN], { stdio: ['pipe', 'pipe', 'inherit'], env, detached: true });
  const [line] = (await once(keeper.stdout!, 'data')) as [Buffer];
  const response = await fetch(`${line.toString('utf8').trim()}/stores?kinds=redis`);
  redis = ((await response.json()) as { redis: string }).redis;
  await redisAnswers(redis);
});

afterEach(() => {
  keeper.kill('SIGKILL');
  fs.rmSync(temporary, { recursive: true, force: true });
});

async function isGone(): Promise<void> {
  await eventually(() => expect(redisAnswers(redis)).rejects.toThrow());
}

describe('the stores of a test run', () => {
  it('end, and leave no file, when Jest is gone however it ended', async () => {
    keeper.stdin!.destroy();
    await once(keeper, 'exit');
    await isGone();
    expect(fs.readdirSync(temporary)).toEqual([]);
  });

  it('end when the keeper is asked to end', async () => {
    keeper.kill('SIGTERM');
    await once(keeper, 'exit');
    await isGone();
    expect(fs.readdirSync(temporary)).toEqual([]);
  });

  // The kernel does it (setpriv --pdeathsig).
  (process.platform === 'linux' ? it : it.skip)('end even when the keeper itself is killed', async () => {
    keeper.kill('SIGKILL');
    await isGone();
  });
});
