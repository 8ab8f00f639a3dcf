import path from 'node:path';
import type { ProcessSpec } from '../process/managed-process.ts';
import { NODE, ROOT } from '../root.ts';
import { serviceReady } from '../services/ready.ts';
import type { ReceivedWebhook } from './received-webhook.ts';

export interface ReceiverOptions {
  readonly port: number;
  readonly demoFile: string;
  readonly logDirectory: string;
}

/** The demo's receiver (receiver.ts) as a process. */
export function receiverSpec({ port, demoFile, logDirectory }: ReceiverOptions): ProcessSpec {
  const flags = ['--title=hookwright-demo-receiver', '--disable-warning=ExperimentalWarning'];
  return {
    name: 'demo-receiver',
    command: [NODE, ...flags, 'deploy/local/src/demo/receiver.ts'],
    cwd: ROOT,
    env: { ...process.env, HTTP_PORT: String(port), DEMO_FILE: demoFile },
    logFile: path.join(logDirectory, 'demo-receiver.log'),
    ipc: true,
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 5000,
    readyTimeoutMs: 20_000,
    ready: () => serviceReady(`http://127.0.0.1:${port}`),
  };
}

/** What the receiver got of one event, oldest first; of all, without an id. */
export async function receivedWebhooks(port: number, eventId?: string): Promise<readonly ReceivedWebhook[]> {
  const query = eventId === undefined ? '' : `?id=${eventId}`;
  const response = await fetch(`http://127.0.0.1:${port}/received${query}`);
  return (await response.json()) as ReceivedWebhook[];
}
