import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const FIXTURE = fileURLToPath(new URL('vault-service.mjs', import.meta.url));
const LIBRARY = fileURLToPath(new URL('../..', import.meta.url));

export interface ServiceProcess {
  readonly child: ChildProcess;
  readonly url: string;
  /** What it has written so far. */
  output(): string;
  readonly ended: Promise<{ code: number | null; afterMs: number }>;
}

/** Brings dist up to date: the process runs the built library. Seconds when something changed, else well below one. */
export function buildLibrary(): void {
  const { status, stdout } = spawnSync('npx', ['tsc', '-b', LIBRARY], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stdout);
}

/** The fixture as a process with an IPC channel to this one, as npm start has. */
export function startService(ports: { http: number; grpc: number }, variables: Record<string, string> = {}): ServiceProcess {
  const env = { PATH: pathVariable(), HTTP_PORT: String(ports.http), GRPC_PORT: String(ports.grpc), GRPC_TLS: 'off', ...variables };
  const child = spawn(process.execPath, [FIXTURE], { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const sinceMs = Date.now();
  const ended = new Promise<{ code: number | null; afterMs: number }>((resolve) => {
    // Not 'close', which does not come once the channel was disconnected from this side.
    child.once('exit', (code) => resolve({ code, afterMs: Date.now() - sinceMs }));
  });
  return { child, url: `http://127.0.0.1:${ports.http}`, output: () => text, ended };
}

function pathVariable(): string {
  return process.execPath.replace(/\/[^/]+$/, '');
}
