import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { NODE } from '../root.ts';
import { Guard } from './guard-client.ts';
import { gone, isAlive } from './spec/example-process.ts';

const PARENT = path.join(import.meta.dirname, 'spec/abandoned-parent.ts');

let directory: string;
let socket: string;
let parent: ChildProcess;
let childPid: number;

async function startParent(): Promise<void> {
  parent = spawn(NODE, ['--disable-warning=ExperimentalWarning', PARENT, directory, socket], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const [line] = (await once(parent.stdout!, 'data')) as [Buffer];
  childPid = Number(line.toString('utf8'));
}

beforeEach(async () => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'hookwright-guard-'));
  socket = path.join(directory, 'clone.sock');
  await startParent();
});

afterEach(async () => {
  parent.kill('SIGKILL');
  await gone(childPid);
  fs.rmSync(directory, { recursive: true });
});

describe('the guard', () => {
  it('ends what its parent started when that is killed, even what ignores SIGTERM', async () => {
    expect(isAlive(childPid)).toBe(true);
    parent.kill('SIGKILL');
    await expect(gone(childPid)).resolves.toBeUndefined();
  });

  it('tells a second start in the same clone which process runs there', async () => {
    const second = new Guard(socket);
    await expect(second.hold()).rejects.toThrow(`npm start already runs in this clone (process ${String(parent.pid)})`);
    await second.close();
  });

  it('lets the next start wait for the remains of one that was killed, then holds the clone', async () => {
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    const next = new Guard(socket);
    await next.hold();
    expect(isAlive(childPid)).toBe(false);
    await next.close();
  });
});
