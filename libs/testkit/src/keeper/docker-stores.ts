import { freePort, kafkaAnswers } from '@hookwright/local';
import { PostgreSqlContainer } from '@testcontainers/postgresql';
import { RedisContainer } from '@testcontainers/redis';
import { GenericContainer, getContainerRuntimeClient, type StartedTestContainer, Wait } from 'testcontainers';
import type { Store, StoreFactory } from './store-factory.ts';

// The versions of docker-compose.yml.
const KAFKA_IMAGE = 'apache/kafka:4.1.0';
const POSTGRES_IMAGE = 'postgres:15';
const REDIS_IMAGE = 'redis:7';

const KAFKA_READY_MS = 60_000;

/** Whether a Docker engine answers. */
export async function dockerAnswers(): Promise<boolean> {
  try {
    await getContainerRuntimeClient();
    return true;
  } catch {
    return false;
  }
}

/** Stores as containers (testcontainers), on free ports of this machine. */
export function dockerStores(): StoreFactory {
  return { kafka: startKafka, postgres: startPostgres, redis: startRedis };
}

/**
 * @testcontainers/kafka knows Confluent's image only. Apache's own takes every server property as a variable; clients must be
 * told the port before the broker starts, so it is chosen here.
 */
async function startKafka(): Promise<Store> {
  const port = await freePort();
  const container = await new GenericContainer(KAFKA_IMAGE)
    .withExposedPorts({ container: 9092, host: port })
    .withEnvironment({
      KAFKA_NODE_ID: '1',
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
      KAFKA_LISTENERS: 'PLAINTEXT://:9092,CONTROLLER://:9093',
      KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://127.0.0.1:${port}`,
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
      KAFKA_MESSAGE_MAX_BYTES: '2097152',
    })
    .withWaitStrategy(Wait.forListeningPorts())
    .start();
  const address = `127.0.0.1:${port}`;
  await kafkaServes(address);
  return toStore(address, container);
}

async function kafkaServes(address: string): Promise<void> {
  const deadline = Date.now() + KAFKA_READY_MS;
  for (;;) {
    try {
      await kafkaAnswers([address]);
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  }
}

async function startPostgres(): Promise<Store> {
  const container = await new PostgreSqlContainer(POSTGRES_IMAGE)
    .withDatabase('postgres')
    .withUsername('hookwright')
    .withPassword('hookwright')
    .start();
  return toStore(container.getConnectionUri(), container);
}

async function startRedis(): Promise<Store> {
  const container = await new RedisContainer(REDIS_IMAGE).start();
  return toStore(container.getConnectionUrl(), container);
}

function toStore(address: string, container: StartedTestContainer): Store {
  const stop = async (): Promise<void> => {
    await container.stop();
  };
  return { address, stop };
}
