import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  allTopics,
  applyMigrations,
  databaseUrl,
  DATABASE_OWNERS,
  type DatabaseOwner,
  ensureDatabase,
  ensureMasterKey,
  ensureTopics,
  freePort,
  PORT_NAMES,
  type Ports,
  type ProcessSpec,
  SERVICE_NAMES,
  type ServiceName,
  serviceSpec,
  type Stack,
} from '@hookwright/local';
import type { Ending } from '../ending.ts';
import { ControlledProcess, type Environment } from './controlled-process.ts';
import { withInspector, withStatementStatistics } from './inspected.ts';
import { describeStores, type LocalStores, removeStores, type StoreName } from './stores.ts';

export interface SystemOptions {
  /** How many of a service run; default 1. Only ingest and delivery take more. */
  readonly replicas?: Partial<Record<ServiceName, number>>;
  /** Further environment by service, for each of its replicas: `{ delivery: { RETRY_SCHEDULE_SECONDS: '1,1' } }`. */
  readonly env?: Partial<Record<ServiceName, Environment>>;
  /** Services that open Node's inspector, so that profile.ts can measure them; with any, PostgreSQL keeps statistics of statements. */
  readonly inspected?: readonly ServiceName[];
  /** Services to start; default all. The others can be added later. */
  readonly services?: readonly ServiceName[];
}

interface Replica {
  readonly service: ServiceName;
  readonly process: ControlledProcess;
  readonly httpUrl: string;
  readonly inspectorPort: number | undefined;
}

// What the services inherit: nothing that someone's shell may set and change a figure by.
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ'];

/**
 * The built services and their stores as processes of this one, with a temporary directory of their own. Nothing of it is left when
 * this process ends, however it does: the processes hear of it (deploy/local, parent-death.ts), and stop() removes the directory.
 */
export class System {
  readonly directory: string;
  readonly stores: LocalStores;
  readonly #options: SystemOptions;
  readonly #replicas = new Map<string, Replica>();
  readonly #ports: Ports;
  #stopping: Promise<void> | undefined;

  private constructor(directory: string, stores: LocalStores, ports: Ports, options: SystemOptions) {
    this.directory = directory;
    this.stores = stores;
    this.#ports = ports;
    this.#options = options;
  }

  /**
   * Stores, topics, databases, services: resolves when every service is ready. Rejects, with nothing left behind, when one is not.
   * `ending` knows of it from its first process on, so that what has only begun to start can be ended too.
   */
  static async start(options: SystemOptions = {}, ending?: Ending): Promise<System> {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'hookwright-bench-'));
    // PostgreSQL may run as another user than this one.
    fs.chmodSync(directory, 0o755);
    ensureMasterKey(path.join(directory, 'master.key'));
    const adapt = (options.inspected ?? []).length === 0 ? {} : { postgres: withStatementStatistics };
    const stores = await describeStores({ directory, adapt });
    const system = new System(directory, stores, await choosePorts(), options);
    ending?.with(system);
    try {
      await system.#startAll();
    } catch (error) {
      await system.stop();
      throw error;
    }
    return system;
  }

  /** Base URL of the public API. */
  get apiUrl(): string {
    return `http://127.0.0.1:${this.#ports.GATEWAY_PORT}`;
  }

  get kafkaBrokers(): readonly string[] {
    return this.stores.kafkaBrokers;
  }

  get redisUrl(): string {
    return this.stores.redisUrl;
  }

  /** `host:port` of the vault's gRPC. */
  get vaultAddress(): string {
    return `127.0.0.1:${this.#ports.VAULT_GRPC_PORT}`;
  }

  databaseUrl(owner: DatabaseOwner): string {
    return databaseUrl(this.stores.postgresUrl, owner);
  }

  /** Names of all replicas: a service's first is called as it is, the next ones delivery-2, delivery-3… */
  get replicaNames(): readonly string[] {
    return [...this.#replicas.keys()];
  }

  /** A replica (or the only process) of a service, to kill, stop and start. */
  service(name: string): ControlledProcess {
    return this.#replica(name).process;
  }

  store(name: StoreName): ControlledProcess {
    return this.stores.processes[name];
  }

  /** Where a replica answers /health and /metrics. */
  httpUrlOf(name: string): string {
    return this.#replica(name).httpUrl;
  }

  /** Port of a replica's inspector; throws when it has none. */
  inspectorPortOf(name: string): number {
    const port = this.#replica(name).inspectorPort;
    if (port === undefined) throw new Error(`${name} was not started with an inspector`);
    return port;
  }

  /** Starts one more replica of a service. Resolves with its name when it is ready. */
  async add(service: ServiceName, env: Environment = {}): Promise<string> {
    const name = await this.#describe(service);
    await this.service(name).start(env);
    return name;
  }

  /** Ends a replica in good order and forgets it. */
  async remove(name: string): Promise<void> {
    await this.service(name).stop();
    this.#replicas.delete(name);
  }

  /** pids by group: each service with its replicas, and each store. What a process started belongs to it. */
  pids(): ReadonlyMap<ServiceName | StoreName, readonly number[]> {
    const all = [...this.#replicas.values()].map(({ service, process }) => [service, process] as const);
    const stores = Object.entries(this.stores.processes) as [StoreName, ControlledProcess][];
    const groups = new Map<ServiceName | StoreName, number[]>();
    for (const [group, { pid }] of [...all, ...stores]) {
      const pids = groups.get(group) ?? [];
      if (pid !== undefined) pids.push(pid);
      groups.set(group, pids);
    }
    return groups;
  }

  /** Ends services, then stores, and removes the directory. The same promise however often it is called. */
  stop(): Promise<void> {
    return (this.#stopping ??= this.#stopAll());
  }

  async #stopAll(): Promise<void> {
    await Promise.all([...this.#replicas.values()].map(({ process }) => process.stop()));
    await Promise.all(Object.values(this.stores.processes).map((process) => process.stop()));
    removeStores(this.directory);
  }

  async #startAll(): Promise<void> {
    await Promise.all(Object.values(this.stores.processes).map((process) => process.start()));
    await Promise.all([ensureTopics(this.kafkaBrokers, await allTopics()), this.#migrate()]);
    const { services = SERVICE_NAMES, replicas = {} } = this.#options;
    const names: string[] = [];
    for (const service of services) {
      for (let count = 0; count < (replicas[service] ?? 1); count++) names.push(await this.#describe(service));
    }
    if (this.#stopping !== undefined) throw new Error('everything is being stopped');
    await Promise.all(names.map((name) => this.service(name).start()));
  }

  async #migrate(): Promise<void> {
    for (const owner of DATABASE_OWNERS) {
      await applyMigrations(owner, await ensureDatabase(this.stores.postgresUrl, `hookwright_${owner}`));
    }
  }

  /** A replica that is not started yet. The first has the ports the other services know; further ones have their own. */
  async #describe(service: ServiceName): Promise<string> {
    const number = 1 + [...this.#replicas.values()].filter((replica) => replica.service === service).length;
    const name = number === 1 ? service : this.#freeName(service, number);
    const stack = number === 1 ? this.#stack() : { ...this.#stack(), ports: { ...this.#ports, ...(await ownPorts(service)) } };
    const inspectorPort = this.#options.inspected?.includes(service) === true ? await freePort() : undefined;
    const makeSpec = (env: Environment): ProcessSpec => {
      const spec = serviceSpec(service, { ...stack, overrides: { [service]: { ...this.#options.env?.[service], ...env } } });
      const named = { ...spec, name, logFile: path.join(this.directory, 'logs', `${name}.log`) };
      return inspectorPort === undefined ? named : withInspector(named, inspectorPort);
    };
    const httpUrl = `http://127.0.0.1:${String(makeSpec({}).env?.['HTTP_PORT'])}`;
    this.#replicas.set(name, { service, process: new ControlledProcess(name, makeSpec), httpUrl, inspectorPort });
    return name;
  }

  #freeName(service: ServiceName, number: number): string {
    const name = `${service}-${number}`;
    return this.#replicas.has(name) ? this.#freeName(service, number + 1) : name;
  }

  #replica(name: string): Replica {
    const replica = this.#replicas.get(name);
    if (replica === undefined) throw new Error(`there is no ${name}; there are ${this.replicaNames.join(', ')}`);
    return replica;
  }

  #stack(): Stack {
    const inherited = INHERITED.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]] as const]));
    return {
      ports: this.#ports,
      kafkaBrokers: this.kafkaBrokers.join(','),
      postgresUrl: this.stores.postgresUrl,
      redisUrl: this.stores.redisUrl,
      masterKeyFile: path.join(this.directory, 'master.key'),
      logDirectory: path.join(this.directory, 'logs'),
      env: { ...Object.fromEntries(inherited), NODE_ENV: 'production', RATE_LIMIT_PER_MINUTE: '10000000' },
    };
  }
}

/** Other ports for one service; where it finds the others stays as it is. */
async function ownPorts(service: ServiceName): Promise<Partial<Ports>> {
  const prefix = `${service.toUpperCase()}_`;
  return Object.fromEntries(Object.entries(await choosePorts()).filter(([name]) => name.startsWith(prefix)));
}

async function choosePorts(): Promise<Ports> {
  const ports: [string, number][] = [];
  const taken = new Set<number>();
  while (ports.length < PORT_NAMES.length) {
    const port = await freePort();
    if (!taken.has(port)) ports.push([PORT_NAMES[ports.length] ?? '', port]);
    taken.add(port);
  }
  return Object.fromEntries(ports) as unknown as Ports;
}
