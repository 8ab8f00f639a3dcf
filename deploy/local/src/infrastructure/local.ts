import path from 'node:path';
import { isFree, freePort } from '../free-port.ts';
import { ensureKafkaJars } from '../stores/kafka-distribution.ts';
import { kafkaStore } from '../stores/kafka.ts';
import { postgresStore } from '../stores/postgres.ts';
import { redisStore } from '../stores/redis.ts';
import type { StoreSpec } from '../stores/store.ts';
import { type CompletePrograms, ensurePrograms } from './system-packages.ts';
import type { Site, StoreAddresses } from './infrastructure.ts';

/** Kafka, PostgreSQL and Redis as processes of this machine, their data below the state directory. */
export async function localStores(site: Site): Promise<StoreAddresses> {
  const { terminal } = site;
  const programs = await ensurePrograms(terminal);
  const jars = await terminal.step(
    'Kafka broker (Maven Central)',
    () => ensureKafkaJars(programs.maven),
    () => 'there',
  );
  return await terminal.step(
    'stores (local processes)',
    async (note) => {
      const waitingFor = new Set(['Kafka', 'PostgreSQL', 'Redis']);
      const start = async (name: string, spec: StoreSpec | Promise<StoreSpec>): Promise<string> => {
        const { process, address } = await spec;
        await site.stores.start(process);
        waitingFor.delete(name);
        if (waitingFor.size > 0) note(`waiting for ${[...waitingFor].join(', ')}`);
        return address;
      };
      const [kafkaBrokers, postgresUrl, redisUrl] = await Promise.all([
        start('Kafka', kafkaOf(site, programs, jars)),
        start('PostgreSQL', postgresOf(site, programs)),
        start('Redis', redisOf(site, programs)),
      ]);
      return { kafkaBrokers, postgresUrl, redisUrl };
    },
    () => 'Kafka, PostgreSQL, Redis answer',
  );
}

async function kafkaOf(site: Site, { java }: CompletePrograms, jars: string): Promise<StoreSpec> {
  const port = site.ports.KAFKA_PORT;
  // The controller's port is nobody's business but Kafka's own: beside the broker's where that is free.
  const controllerPort = (await isFree(port + 1)) ? port + 1 : await freePort();
  return await kafkaStore({
    java,
    jars,
    port,
    controllerPort,
    directory: path.join(site.stateDirectory, 'kafka'),
    logFile: logOf(site, 'kafka'),
  });
}

async function postgresOf(site: Site, programs: CompletePrograms): Promise<StoreSpec> {
  return await postgresStore({
    binaries: programs.postgres,
    port: site.ports.POSTGRES_PORT,
    directory: path.join(site.stateDirectory, 'postgres'),
    logFile: logOf(site, 'postgres'),
  });
}

function redisOf(site: Site, programs: CompletePrograms): StoreSpec {
  return redisStore({
    binary: programs.redis,
    port: site.ports.REDIS_PORT,
    directory: path.join(site.stateDirectory, 'redis'),
    logFile: logOf(site, 'redis'),
  });
}

function logOf({ logDirectory }: Site, name: string): string {
  return path.join(logDirectory, `${name}.log`);
}
