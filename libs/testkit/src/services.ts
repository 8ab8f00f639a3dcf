import fs from 'node:fs';
import path from 'node:path';
import {
  allTopics,
  ensureMasterKey,
  ensureTopics,
  freePort,
  ManagedProcess,
  PORT_NAMES,
  type Ports,
  ROOT,
  SERVICE_NAMES,
  type ServiceName,
  serviceSpec,
  type Stack,
} from '@hookwright/local';
import { askKeeper } from './keeper/client.ts';
import type { Stores } from './stores.ts';

export interface ServicesOptions {
  /** A spec's own (startStores): topics and databases have the names of production. */
  readonly stores: Stores;
  /** Default: all. */
  readonly services?: readonly ServiceName[];
  /** Further environment by service, e.g. `{ delivery: { RETRY_SCHEDULE_SECONDS: '1,1' } }`. */
  readonly env?: Partial<Record<ServiceName, Readonly<Record<string, string>>>>;
}

export interface Services {
  readonly ports: Ports;
  /** Base URL of the public API. Operator token and demo keys are those of `npm start`. */
  readonly gatewayUrl: string;
  /** Starts a service that does not run, with further environment if given; resolves when it is ready. */
  start(name: ServiceName, env?: Readonly<Record<string, string>>): Promise<void>;
  /** Ends a service in good order (SIGTERM), or with another signal at once; resolves when it is gone. */
  stop(name: ServiceName, signal?: NodeJS.Signals): Promise<void>;
  /** Everything the service wrote in its present or last run. */
  log(name: ServiceName): string;
  /** Ends all of them. */
  stopAll(): Promise<void>;
}

/** The built services as processes on free ports, with topics created and databases migrated; resolves when all are ready. */
export async function startServices({ stores, services = SERVICE_NAMES, env = {} }: ServicesOptions): Promise<Services> {
  requireBuilt(services);
  const directory = (await askKeeper('POST', '/directories')) as string;
  await Promise.all([
    askKeeper('POST', `/service-databases?server=${encodeURIComponent(stores.postgresUrl)}`),
    ensureTopics(stores.kafkaBrokers, await allTopics()),
  ]);
  const running = new RunningServices(await describeStack(stores, directory), env);
  try {
    await Promise.all(services.map((name) => running.start(name)));
  } catch (error) {
    await running.stopAll();
    throw error;
  }
  return running;
}

class RunningServices implements Services {
  readonly #stack: Stack;
  readonly #env: NonNullable<ServicesOptions['env']>;
  readonly #processes = new Map<ServiceName, ManagedProcess>();

  constructor(stack: Stack, env: NonNullable<ServicesOptions['env']>) {
    this.#stack = stack;
    this.#env = env;
  }

  get ports(): Ports {
    return this.#stack.ports;
  }

  get gatewayUrl(): string {
    return `http://127.0.0.1:${this.#stack.ports.GATEWAY_PORT}`;
  }

  async start(name: ServiceName, env: Readonly<Record<string, string>> = {}): Promise<void> {
    const overrides = { ...this.#env, [name]: { ...this.#env[name], ...env } };
    const process = new ManagedProcess(serviceSpec(name, { ...this.#stack, overrides }));
    this.#processes.set(name, process);
    try {
      await process.waitUntilReady();
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : String(error)}\n${this.log(name).slice(-4000)}`, { cause: error });
    }
  }

  async stop(name: ServiceName, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const process = this.#processes.get(name);
    process?.signal(signal);
    await process?.exited;
  }

  log(name: ServiceName): string {
    const file = this.#processes.get(name)?.spec.logFile;
    return file === undefined || !fs.existsSync(file) ? '' : fs.readFileSync(file, 'utf8');
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#processes.values()].map((process) => process.stop()));
  }
}

async function describeStack(stores: Stores, directory: string): Promise<Stack> {
  const masterKeyFile = path.join(directory, 'master.key');
  ensureMasterKey(masterKeyFile);
  const ports: [string, number][] = [];
  for (const name of PORT_NAMES) ports.push([name, await freePort()]);
  return {
    ports: Object.fromEntries(ports) as unknown as Ports,
    kafkaBrokers: stores.kafkaBrokers.join(','),
    postgresUrl: stores.postgresUrl,
    redisUrl: stores.redisUrl,
    masterKeyFile,
    logDirectory: directory,
  };
}

function requireBuilt(services: readonly ServiceName[]): void {
  const missing = services.filter((name) => !fs.existsSync(path.join(ROOT, 'apps', name, 'dist/main.js')));
  if (missing.length > 0)
    throw new Error(`not built: ${missing.join(', ')}; npm test builds everything first, or: npx nx run-many -t build`);
}
