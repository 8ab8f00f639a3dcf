import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { type Command } from '../process/parent-death.ts';
import { runCommand } from '../process/run-command.ts';
import { ROOT, StartError } from '../root.ts';
import { kafkaAnswers, postgresAnswers, redisAnswers } from '../stores/answers.ts';
import type { Site, StoreAddresses } from './infrastructure.ts';

const PROBE_TIMEOUT_MS = 8000;
const UP_TIMEOUT_MS = 300_000;
const STORES = ['kafka', 'postgres', 'redis'];

/** Whether a Docker engine answers. */
export function dockerAnswers(): boolean {
  return succeeds('docker', ['version', '--format', '{{.Server.Version}}']);
}

/** The command of Docker Compose where a Docker engine answers; undefined: none does, or it has no Compose. */
export function findCompose(): Command | undefined {
  if (!dockerAnswers()) return undefined;
  if (succeeds('docker', ['compose', 'version'])) return ['docker', 'compose'];
  return succeeds('docker-compose', ['version']) ? ['docker-compose'] : undefined;
}

/** The stores of docker-compose.yml as containers, attached: ending the supervised `compose up` stops them. */
export async function dockerStores(site: Site, compose: Command | undefined): Promise<StoreAddresses> {
  if (compose === undefined) {
    throw new StartError('no Docker engine with Compose answers', 'Start Docker, or leave out --infra=docker: local processes will do.');
  }
  const addresses = addressesOf(site);
  await site.stores.start({
    name: 'docker',
    command: [...composeCommand(compose), 'up', '--no-color', ...STORES],
    cwd: ROOT,
    env: { ...process.env, ...composeVariables(site) },
    logFile: path.join(site.logDirectory, 'docker.log'),
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 30_000,
    readyTimeoutMs: UP_TIMEOUT_MS,
    ready: () => answer(addresses),
  });
  return addresses;
}

/** Removes the containers and their volumes: what --fresh means here. */
export async function removeDockerStores(compose: Command): Promise<void> {
  await runCommand([...composeCommand(compose), 'down', '--volumes', '--remove-orphans']);
}

async function answer({ kafkaBrokers, postgresUrl, redisUrl }: StoreAddresses): Promise<void> {
  await Promise.all([kafkaAnswers([kafkaBrokers]), postgresAnswers(postgresUrl), redisAnswers(redisUrl)]);
}

/** A Compose project of this clone alone: another clone's containers and volumes stay apart. */
function composeCommand(compose: Command): Command {
  const project = `hookwright-${createHash('sha256').update(ROOT).digest('hex').slice(0, 8)}`;
  return [...compose, '--project-name', project, '--file', path.join(ROOT, 'docker-compose.yml')];
}

function addressesOf({ ports }: Site): StoreAddresses {
  return {
    kafkaBrokers: `127.0.0.1:${ports.KAFKA_PORT}`,
    postgresUrl: `postgresql://hookwright:hookwright@127.0.0.1:${ports.POSTGRES_PORT}/postgres`,
    redisUrl: `redis://127.0.0.1:${ports.REDIS_PORT}`,
  };
}

/** What docker-compose.yml reads, so that addressesOf() holds whatever else the environment says. */
function composeVariables({ ports }: Site): Record<string, string> {
  return {
    POSTGRES_PASSWORD: 'hookwright',
    KAFKA_PORT: String(ports.KAFKA_PORT),
    POSTGRES_PORT: String(ports.POSTGRES_PORT),
    REDIS_PORT: String(ports.REDIS_PORT),
  };
}

function succeeds(file: string, args: readonly string[]): boolean {
  return spawnSync(file, args, { stdio: 'ignore', timeout: PROBE_TIMEOUT_MS }).status === 0;
}
