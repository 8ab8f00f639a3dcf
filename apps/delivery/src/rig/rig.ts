import { create, toBinary } from '@bufbuild/protobuf';
import {
  type EndpointSnapshot,
  EndpointSnapshotSchema,
  EndpointStatus,
  EventSchema,
  EventSource,
  InstallationSnapshotSchema,
  InstallationStatus,
  MatchedAppSchema,
  Mode,
  PayloadStyle,
  SecretsSnapshotSchema,
  type TopicSettings,
  deadTopic,
  encodeDeliveryHeaders,
  eventIdOf,
  newId,
} from '@hookwright/contracts';
import { BatchConsumer, KafkaProducer, createKafka } from '@hookwright/kafka';
import { createLogger, parseEnv } from '@hookwright/runtime';
import { type DeliveryEnv, deliveryEnv } from '../env.ts';
import { openLogPool } from '../log/database.ts';
import type { WorkerTopics } from '../worker-topics.ts';
import { Worker } from '../worker.ts';
import { VaultServer } from './vault-server.ts';

export interface RigStores {
  readonly kafkaBrokers: string[];
  readonly redisUrl: string;
  readonly databaseUrl: string;
}

export interface TestEvent {
  readonly id?: string;
  readonly type?: string;
  readonly merchantId?: string;
  readonly source?: EventSource;
  readonly mandatory?: boolean;
  readonly data?: string;
  /** Chooses the partition instead of the merchant, as for an event of more than 64 apps. */
  readonly partitionKey?: string;
  readonly apps: readonly TestApp[];
}

export interface TestApp {
  readonly appId: string;
  readonly installationId?: string;
  readonly generation?: number;
  readonly afterCreated?: boolean;
}

const MERCHANT = 'mer_1';
const QUIET = 'fatal';

/** Topics of one spec's own. */
export function rigTopics(prefix: string): WorkerTopics {
  const names = ['deliveries', 'endpoints', 'installations', 'secrets', 'endpointSignals'] as const;
  return Object.fromEntries(names.map((name) => [name, `${prefix}.${name}`])) as WorkerTopics;
}

export function rigTopicSettings(topics: WorkerTopics): TopicSettings[] {
  return [...Object.values(topics), deadTopic(topics.deliveries)].map((topic) => ({ topic, partitions: 2, config: {} }));
}

/** The surroundings of workers: what ingest, the registry and the vault would say to them. */
export class Rig {
  readonly vault = new VaultServer();
  private readonly producer: KafkaProducer;
  private vaultPort = 0;
  private revision = 0n;
  private readonly workers: RunningWorker[] = [];

  constructor(
    readonly stores: RigStores,
    readonly topics: WorkerTopics,
  ) {
    this.producer = new KafkaProducer(createKafka({ clientId: 'rig', brokers: stores.kafkaBrokers, logger: createLogger('rig', QUIET) }));
  }

  async start(): Promise<void> {
    this.vaultPort = await this.vault.listen();
  }

  async restartVault(): Promise<void> {
    await this.vault.listen(this.vaultPort);
  }

  /** A worker with its consumer, joined to the group. */
  async startWorker(variables: Record<string, string> = {}, group = 'workers'): Promise<RunningWorker> {
    const worker = new RunningWorker(this.topics, this.env(variables), group);
    this.workers.push(worker);
    await worker.start();
    return worker;
  }

  /** Announces an app's endpoint as the registry does. */
  async endpoint(appId: string, url: string, change: Partial<Omit<EndpointSnapshot, '$typeName' | '$unknown'>> = {}): Promise<void> {
    const snapshot = create(EndpointSnapshotSchema, {
      appId,
      url,
      partnerId: 'par_1',
      mode: Mode.LIVE,
      status: EndpointStatus.ENABLED,
      eventSources: [EventSource.PARTNER_APP, EventSource.INSTALLED_MERCHANTS],
      enabledEvents: ['*'],
      payloadStyle: PayloadStyle.FULL,
      apiVersion: '2026-11-01',
      maxConcurrency: 10,
      timeoutSeconds: 5,
      revision: ++this.revision,
      ...change,
    });
    await this.announce('endpoints', appId, Buffer.from(toBinary(EndpointSnapshotSchema, snapshot)));
  }

  async removeEndpoint(appId: string): Promise<void> {
    await this.announce('endpoints', appId, null);
  }

  async installation(installationId: string, status: InstallationStatus, generation = 1): Promise<void> {
    const snapshot = create(InstallationSnapshotSchema, { installationId, status, generation, updatedAtMs: BigInt(Date.now()) });
    await this.announce('installations', installationId, Buffer.from(toBinary(InstallationSnapshotSchema, snapshot)));
  }

  async secretsChanged(appId: string): Promise<void> {
    await this.announce('secrets', appId, Buffer.from(toBinary(SecretsSnapshotSchema, create(SecretsSnapshotSchema, { appId }))));
  }

  /** A message as ingest writes it; returns the event's id. */
  async publish({
    id = newId('req'),
    type = 'order.created',
    merchantId = MERCHANT,
    source,
    mandatory = false,
    data = '{"n":1}',
    partitionKey,
    apps,
  }: TestEvent): Promise<string> {
    const eventId = eventIdOf('rig', id);
    const event = create(EventSchema, {
      eventId,
      type,
      merchantId,
      source: source ?? EventSource.INSTALLED_MERCHANTS,
      mandatory,
      mode: Mode.LIVE,
      occurredAtMs: BigInt(Date.now()),
      sequence: '000000000001',
    });
    const matched = apps.map(({ appId, installationId = `ins_of_${appId}`, generation = 1, afterCreated = false }) =>
      create(MatchedAppSchema, { appId, installationId, generation, afterCreated }),
    );
    const message = { key: merchantId, partitionKey, value: Buffer.from(data), headers: encodeDeliveryHeaders(event, matched) };
    await this.producer.send([{ topic: this.topics.deliveries, messages: [message] }]);
    return eventId;
  }

  /** Ends everything; workers that were killed before are only cleaned up. */
  async close(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.stop()));
    await this.producer.close();
    this.vault.close();
  }

  /** A message as no ingest writes it. */
  async publishRaw(headers: Record<string, Buffer>): Promise<void> {
    await this.producer.send([{ topic: this.topics.deliveries, messages: [{ key: MERCHANT, value: Buffer.from('{}'), headers }] }]);
  }

  private async announce(topic: keyof WorkerTopics, key: string, value: Buffer | null): Promise<void> {
    await this.producer.send([{ topic: this.topics[topic], messages: [{ key, value }] }]);
  }

  private env(variables: Record<string, string>): DeliveryEnv {
    const parsed = parseEnv(deliveryEnv, {
      HTTP_PORT: '0',
      GRPC_PORT: '0',
      GRPC_TLS: 'off',
      LOG_LEVEL: QUIET,
      DATABASE_URL: this.stores.databaseUrl,
      KAFKA_BROKERS: this.stores.kafkaBrokers.join(','),
      // Keys of this rig's own: the workers of other specs must not count as its.
      REDIS_URL: `${this.stores.redisUrl}?keyPrefix=${this.topics.deliveries}:`,
      VAULT_ADDRESS: `127.0.0.1:${this.vaultPort}`,
      EGRESS_ALLOW_NETWORKS: '127.0.0.0/8,::1/128',
      EGRESS_ALLOW_HTTP: 'true',
      EGRESS_ALLOW_PORTS: '*',
      SCHEDULER_INTERVAL_MS: '50',
      ...variables,
    });
    if (!parsed.ok) throw new Error(parsed.faults.join('; '));
    return parsed.env;
  }
}

/** A worker in this process, with the consumer that feeds it, as AppModule wires them. */
export class RunningWorker {
  readonly worker: Worker;
  readonly groupId: string;
  private readonly consumer: BatchConsumer;
  private readonly pool;
  private stopping: Promise<void> | undefined;

  constructor(topics: WorkerTopics, env: DeliveryEnv, group: string) {
    const logger = createLogger('delivery', env.LOG_LEVEL);
    this.groupId = `${topics.deliveries}.${group}`;
    const kafka = createKafka({ clientId: 'rig-worker', brokers: env.KAFKA_BROKERS, logger });
    this.pool = openLogPool({ url: env.DATABASE_URL, connections: env.DATABASE_CONNECTIONS, logger });
    this.worker = new Worker({ env, logger, kafka, pool: this.pool, topics });
    this.consumer = new BatchConsumer({
      kafka,
      logger,
      groupId: this.groupId,
      topics: () => [topics.deliveries],
      onBatch: (batch) => this.worker.take(batch),
      room: (signal) => this.worker.room(signal),
      maxBatch: 32,
    });
  }

  async start(): Promise<void> {
    await this.worker.start();
    this.consumer.start();
  }

  /** Loses its membership and joins again: what it has not finished by then is read again, by itself. */
  rejoin(): void {
    this.consumer.rejoin();
  }

  /** As on SIGTERM. */
  async stop(): Promise<void> {
    this.stopping ??= this.end();
    await this.stopping;
  }

  private async end(): Promise<void> {
    await this.worker.drain();
    await this.consumer.drain();
    await this.worker.close();
    await this.pool.end();
  }
}
