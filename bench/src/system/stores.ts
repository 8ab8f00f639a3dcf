import fs from 'node:fs';
import path from 'node:path';
import {
  ensureKafkaJars,
  findPrograms,
  freePort,
  kafkaStore,
  postgresStore,
  type ProcessSpec,
  redisStore,
  removePostgresDirectory,
  type StoreSpec,
} from '@hookwright/local';
import { ControlledProcess } from './controlled-process.ts';

export const STORE_NAMES = ['kafka', 'postgres', 'redis'] as const;
export type StoreName = (typeof STORE_NAMES)[number];

/** Kafka, PostgreSQL and Redis as local processes with the settings of `npm start`: nothing of theirs is tuned, and PostgreSQL is durable. */
export interface LocalStores {
  readonly processes: Readonly<Record<StoreName, ControlledProcess>>;
  /** `host:port`. */
  readonly kafkaBrokers: readonly string[];
  readonly postgresUrl: string;
  readonly redisUrl: string;
}

export interface StoresOptions {
  /** Where they keep their data. */
  readonly directory: string;
  /** Changes how a store is run. */
  readonly adapt?: Partial<Record<StoreName, (spec: ProcessSpec) => ProcessSpec>>;
}

/** The stores on free ports, none of them started yet. They keep ports and data over restarts. */
export async function describeStores({ directory, adapt = {} }: StoresOptions): Promise<LocalStores> {
  const { java, maven, postgres, redis } = findPrograms();
  const at = (name: StoreName): { directory: string; logFile: string } => ({
    directory: path.join(directory, name),
    logFile: path.join(directory, 'logs', `${name}.log`),
  });
  const jars = await ensureKafkaJars(maven);
  const kafkaPorts = { port: await freePort(), controllerPort: await freePort() };
  const specs: Readonly<Record<StoreName, StoreSpec>> = {
    kafka: await kafkaStore({ java: needed(java, 'Java 17 or newer'), jars, ...kafkaPorts, ...at('kafka') }),
    postgres: await postgresStore({ binaries: needed(postgres, 'PostgreSQL'), port: await freePort(), ...at('postgres') }),
    redis: redisStore({ binary: needed(redis, 'redis-server'), port: await freePort(), ...at('redis') }),
  };
  const controlled = (name: StoreName): ControlledProcess => {
    const spec = adapt[name]?.(specs[name].process) ?? specs[name].process;
    return new ControlledProcess(name, () => spec);
  };
  return {
    processes: { kafka: controlled('kafka'), postgres: controlled('postgres'), redis: controlled('redis') },
    kafkaBrokers: [specs.kafka.address],
    postgresUrl: specs.postgres.address,
    redisUrl: specs.redis.address,
  };
}

/** Removes what the stores kept, wherever it lies. */
export function removeStores(directory: string): void {
  removePostgresDirectory(path.join(directory, 'postgres'));
  fs.rmSync(directory, { recursive: true, force: true });
}

function needed(found: string | undefined, what: string): string {
  if (found === undefined) throw new Error(`${what} was not found; npm run bench installs it where it can, npm start tells how`);
  return found;
}
