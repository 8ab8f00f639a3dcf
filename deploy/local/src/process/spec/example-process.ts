import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../free-port.ts';
import type { ProcessSpec } from '../managed-process.ts';

const SERVER = `require('node:http').createServer((_, response) => response.end()).listen(Number(process.env.PORT), '127.0.0.1')`;

/** A process that is ready when its HTTP port answers. */
export async function httpProcess(
  directory: string,
  { script = SERVER, ...rest }: Partial<ProcessSpec> & { script?: string } = {},
): Promise<ProcessSpec> {
  const port = await freePort();
  return {
    name: 'example',
    command: [process.execPath, '-e', script],
    env: { ...process.env, NODE_OPTIONS: '', PORT: String(port) },
    logFile: path.join(directory, 'example.log'),
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 5000,
    readyTimeoutMs: 10_000,
    ready: async () => {
      await fetch(`http://127.0.0.1:${port}/`);
    },
    ...rest,
  };
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Resolves when the process is gone; rejects when it is still there after the time. */
export async function gone(pid: number, timeoutMs = 15_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (isAlive(pid)) {
    if (Date.now() > deadline) throw new Error(`process ${pid} is still there`);
    await delay(20);
  }
}
