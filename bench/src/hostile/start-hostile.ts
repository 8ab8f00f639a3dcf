import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ManagedProcess, NODE, ROOT } from '@hookwright/local';
import type { HostileRequest, JournalPage, Sockets } from './journal.ts';
import type { HostilePorts } from './listeners.ts';

export interface Hostile {
  readonly ports: HostilePorts;
  /** PEM file of the authority that signed its certificates, for a sender's NODE_EXTRA_CA_CERTS. */
  readonly authorityFile: string;
  readonly pid: number;
  /** The URL of a behaviour, such as `/hang`, on the plain port; each number is an origin of its own (`hostOf`). */
  url(behaviour: string, number?: number): string;
  /** The URL of a path behind TLS; the host is `localhost`, which all but the wrong-host certificate name. */
  tlsUrl(listener: Exclude<keyof HostilePorts, 'control'>, path?: string): string;
  /** What it has seen on paths that begin so. */
  journal(pathPrefix?: string): Promise<JournalPage>;
  requests(pathPrefix?: string): Promise<readonly HostileRequest[]>;
  /** Of one listener at one address (`hostOf`). */
  sockets(listener: keyof HostilePorts, host?: string): Promise<Sockets>;
  /** Forgets what it has seen. */
  reset(): Promise<void>;
  /** The endpoint is back: the behaviour answers 200 until `sicken`. */
  heal(name: string): Promise<void>;
  sicken(name: string): Promise<void>;
  stop(): Promise<void>;
}

/** The address of an origin by its number. */
export function hostOf(number: number): string {
  return `127.3.${number >> 8}.${number & 255}`;
}

const READY_MS = 20_000;

/** The hostile receiver as a process of its own; resolves when its ports are open. */
export async function startHostile(): Promise<Hostile> {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'hookwright-hostile-'));
  const portsFile = path.join(directory, 'ports.json');
  const process = new ManagedProcess({
    name: 'hostile receiver',
    command: [NODE, path.join(ROOT, 'bench/src/hostile/main.ts'), directory],
    logFile: path.join(directory, 'hostile.log'),
    ipc: true,
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 2000,
    readyTimeoutMs: READY_MS,
    ready: () => (fs.existsSync(portsFile) ? Promise.resolve() : Promise.reject(new Error('its ports are not open'))),
  });
  try {
    await process.waitUntilReady();
  } catch (error) {
    const log = fs.readFileSync(path.join(directory, 'hostile.log'), 'utf8');
    throw new Error(`the hostile receiver did not start:\n${log}`, { cause: error });
  }
  return new HostileProcess(process, directory, JSON.parse(fs.readFileSync(portsFile, 'utf8')) as HostilePorts);
}

class HostileProcess implements Hostile {
  readonly ports: HostilePorts;
  readonly #process: ManagedProcess;
  readonly #directory: string;

  constructor(process: ManagedProcess, directory: string, ports: HostilePorts) {
    this.#process = process;
    this.#directory = directory;
    this.ports = ports;
  }

  get authorityFile(): string {
    return path.join(this.#directory, 'authority.pem');
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  url(behaviour: string, number = 1): string {
    return `http://${hostOf(number)}:${this.ports.plain}${behaviour}`;
  }

  tlsUrl(listener: Exclude<keyof HostilePorts, 'control'>, path = '/ok'): string {
    return `https://localhost:${this.ports[listener]}${path}`;
  }

  async journal(pathPrefix = ''): Promise<JournalPage> {
    const response = await fetch(this.#control(`/journal?path=${encodeURIComponent(pathPrefix)}`));
    return (await response.json()) as JournalPage;
  }

  async requests(pathPrefix = ''): Promise<readonly HostileRequest[]> {
    return (await this.journal(pathPrefix)).requests;
  }

  async sockets(listener: keyof HostilePorts, host = listener === 'plain' ? hostOf(1) : '127.0.0.1'): Promise<Sockets> {
    const { sockets } = await this.journal('/nothing');
    const found = sockets.find((one) => one.listener === listener && one.host === host);
    return found ?? { listener, host, open: 0, peakOpen: 0, accepted: 0, silent: [] };
  }

  async reset(): Promise<void> {
    await this.#post('/reset');
  }

  async heal(name: string): Promise<void> {
    await this.#post(`/heal?name=${name}`);
  }

  async sicken(name: string): Promise<void> {
    await this.#post(`/sicken?name=${name}`);
  }

  async stop(): Promise<void> {
    await this.#process.stop();
    fs.rmSync(this.#directory, { recursive: true, force: true });
  }

  #control(path: string): string {
    return `http://127.0.0.1:${this.ports.control}${path}`;
  }

  async #post(path: string): Promise<void> {
    await fetch(this.#control(path), { method: 'POST' });
  }
}
