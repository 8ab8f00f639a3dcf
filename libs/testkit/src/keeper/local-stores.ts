import fs from 'node:fs';
import path from 'node:path';
import {
  ensureKafkaJars,
  findPrograms,
  freePort,
  kafkaStore,
  postgresStore,
  removePostgresDirectory,
  redisStore,
  type RunningStore,
  runStore,
  type StoreSpec,
} from '@hookwright/local';
import type { Store, StoreFactory } from './store-factory.ts';

/** Stores as local processes on free ports, each with a folder of its own below `directory`, which goes when the store does. One that is just starting ends with the run. */
export function localStores(directory: string, runIsOver: AbortSignal): StoreFactory {
  const programs = findPrograms();
  let made = 0;

  const start = async (name: string, spec: (folder: string, port: number) => Promise<StoreSpec> | StoreSpec): Promise<Store> => {
    const folder = path.join(directory, `${name}-${++made}`);
    const running = await runStore(await spec(folder, await freePort()), runIsOver);
    return { address: running.address, stop: () => stopAndRemove(running, folder) };
  };

  return {
    kafka: () =>
      start('kafka', async (folder, port) => {
        const java = needed(programs.java, 'Java 17 or newer (java)');
        const jars = await ensureKafkaJars(programs.maven);
        const controllerPort = await freePort();
        return kafkaStore({ java, jars, port, controllerPort, directory: folder, logFile: `${folder}.log`, light: true });
      }),
    postgres: () =>
      start('postgres', (folder, port) => {
        const binaries = needed(programs.postgres, 'PostgreSQL (postgres, initdb)');
        return postgresStore({ binaries, port, directory: folder, logFile: `${folder}.log`, durable: false });
      }),
    redis: () =>
      start('redis', (folder, port) => {
        const binary = needed(programs.redis, 'redis-server');
        return redisStore({ binary, port, directory: folder, logFile: `${folder}.log` });
      }),
  };
}

async function stopAndRemove(running: RunningStore, folder: string): Promise<void> {
  await running.stop();
  removePostgresDirectory(folder);
  fs.rmSync(folder, { recursive: true, force: true });
}

function needed(found: string | undefined, what: string): string {
  if (found === undefined) throw new Error(`${what} was not found; npm start tells how to install it, or start a Docker engine`);
  return found;
}
