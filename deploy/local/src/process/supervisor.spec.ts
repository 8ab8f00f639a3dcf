import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { httpProcess, isAlive } from './spec/example-process.ts';
import { pauseBeforeRestart, Supervisor } from './supervisor.ts';

let directory: string;
let lines: string[];
let supervisor: Supervisor;
/** Resolves at the first reported line that contains the text. */
let reported: (text: string) => Promise<string>;

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'hookwright-supervisor-'));
  lines = [];
  const waiting: { text: string; resolve: (line: string) => void }[] = [];
  reported = (text) => new Promise((resolve) => waiting.push({ text, resolve }));
  supervisor = new Supervisor({
    report: (line) => {
      lines.push(line);
      for (const { text, resolve } of waiting) if (line.includes(text)) resolve(line);
    },
  });
});

afterEach(async () => {
  await supervisor.stop();
  fs.rmSync(directory, { recursive: true });
});

describe('a supervised process', () => {
  it('is started again within 5 s when it is killed, and a line says so', async () => {
    const spec = await httpProcess(directory);
    await supervisor.start(spec);
    const first = supervisor.running('example');
    const readyAgain = reported('is ready again');
    const killedAt = Date.now();
    first?.signal('SIGKILL');
    await readyAgain;
    expect(Date.now() - killedAt).toBeLessThan(5000);
    expect(lines[0]).toBe('example was ended by SIGKILL; starting it again in 0.2 s');
    expect(supervisor.running('example')?.pid).not.toBe(first?.pid);
    await expect(spec.ready()).resolves.toBeUndefined();
  });

  it('that ends by itself is started again too, with the end of its log', async () => {
    const script = `console.log('out of luck'); setTimeout(() => process.exit(3), 1500); require('node:http').createServer((_, r) => r.end()).listen(Number(process.env.PORT), '127.0.0.1')`;
    await supervisor.start(await httpProcess(directory, { script }));
    await reported('ended with exit code 3');
    await reported('is ready again');
    expect(lines.join('\n')).toContain('out of luck');
  });

  it('is not started again once everything is being stopped', async () => {
    await supervisor.start(await httpProcess(directory));
    const pid = supervisor.running('example')!.pid!;
    await supervisor.stop();
    expect(isAlive(pid)).toBe(false);
    expect(lines).toEqual([]);
    await expect(supervisor.start(await httpProcess(directory))).rejects.toThrow('everything is being stopped');
  });

  it('is killed when it does not end in its time', async () => {
    const script = `process.on('SIGTERM', () => undefined); require('node:http').createServer((_, r) => r.end()).listen(Number(process.env.PORT), '127.0.0.1')`;
    await supervisor.start(await httpProcess(directory, { script, stopTimeoutMs: 300 }));
    const running = supervisor.running('example')!;
    await supervisor.stop();
    expect(running.exit).toMatchObject({ signal: 'SIGKILL' });
  });
});

describe('a start', () => {
  it('fails at once when the process ends before it is ready, and shows its log', async () => {
    const spec = await httpProcess(directory, { script: `console.error('no configuration'); process.exit(1)` });
    await expect(supervisor.start(spec)).rejects.toThrow('example ended with exit code 1\nno configuration');
  });

  it('fails when the process is not ready in time, and says for what it waits', async () => {
    const spec = await httpProcess(directory, { readyTimeoutMs: 200, ready: () => Promise.reject(new Error('still loading')) });
    await expect(supervisor.start(spec)).rejects.toThrow('example was not ready after 0.2 s: still loading');
  });

  it('fails when there is no such program', async () => {
    const spec = await httpProcess(directory, { command: ['/no/such/program'] });
    await expect(supervisor.start(spec)).rejects.toThrow(/example (could not be started|ended with exit code 127)/);
  });
});

it.each([
  [1, 200],
  [2, 400],
  [3, 800],
  [5, 3000],
  [50, 3000],
])('the pause after death %i in a row is %i ms: always back within 5 s', (deaths, expected) => {
  expect(pauseBeforeRestart(deaths)).toBe(expected);
});
