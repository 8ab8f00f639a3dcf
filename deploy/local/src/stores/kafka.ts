import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { runCommand } from '../process/run-command.ts';
import { ROOT } from '../root.ts';
import { kafkaAnswers } from './answers.ts';
import type { StoreSpec } from './store.ts';

export interface KafkaOptions {
  readonly java: string;
  /** Folder with the broker's jars (kafka-distribution.ts). */
  readonly jars: string;
  readonly port: number;
  readonly controllerPort: number;
  readonly directory: string;
  readonly logFile: string;
  /** For tests: starts in half the time, with less throughput. */
  readonly light?: boolean;
}

// As in docker-compose.yml: more than the 1 MiB that a body may have (api.md), so that a larger one can become a dead letter.
const MAX_MESSAGE_BYTES = 2_097_152;
const LIGHT_JVM = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];

/** One Kafka broker that is its own controller (KRaft), its storage formatted when it is new. */
export async function kafkaStore(options: KafkaOptions): Promise<StoreSpec> {
  const { java, jars, port, directory, logFile } = options;
  const properties = writeProperties(options);
  const jvm = ['-Xmx512m', ...(options.light === true ? LIGHT_JVM : []), ...loggingOptions(), '-cp', path.join(jars, '*')];
  await format({ java, jars, directory, properties });
  const address = `127.0.0.1:${port}`;
  return {
    address,
    process: {
      name: 'kafka',
      command: [java, ...jvm, 'kafka.Kafka', properties],
      logFile,
      stopSignal: 'SIGTERM',
      stopTimeoutMs: 15_000,
      readyTimeoutMs: 90_000,
      ready: () => kafkaAnswers([address]),
    },
  };
}

function loggingOptions(): readonly string[] {
  return [`-Dlog4j2.configurationFile=${path.join(ROOT, 'deploy/kafka/log4j2.properties')}`];
}

function writeProperties({ port, controllerPort, directory }: KafkaOptions): string {
  fs.mkdirSync(directory, { recursive: true });
  const lines = [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@127.0.0.1:${controllerPort}`,
    `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'controller.listener.names=CONTROLLER',
    'inter.broker.listener.name=PLAINTEXT',
    `log.dirs=${path.join(directory, 'data')}`,
    `message.max.bytes=${MAX_MESSAGE_BYTES}`,
    'auto.create.topics.enable=false',
    // A single broker cannot replicate, and the defaults' 50 partitions each cost files and start time.
    'offsets.topic.replication.factor=1',
    'offsets.topic.num.partitions=6',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    'transaction.state.log.num.partitions=2',
    'share.coordinator.state.topic.replication.factor=1',
    'share.coordinator.state.topic.min.isr=1',
    'group.initial.rebalance.delay.ms=0',
    // The default of 128 MiB is a quarter of this heap.
    'log.cleaner.dedupe.buffer.size=16777216',
  ];
  const file = path.join(directory, 'server.properties');
  fs.writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

interface Formatting {
  readonly java: string;
  readonly jars: string;
  readonly directory: string;
  readonly properties: string;
}

async function format({ java, jars, directory, properties }: Formatting): Promise<void> {
  if (fs.existsSync(path.join(directory, 'data/meta.properties'))) return;
  const clusterId = randomBytes(16).toString('base64url');
  // With "=": one id in 64 begins with "-", and would be taken for an option.
  const tool = ['kafka.tools.StorageTool', 'format', `--cluster-id=${clusterId}`, '--config', properties];
  const jvm = [...LIGHT_JVM, ...loggingOptions(), '-cp', path.join(jars, '*')];
  const { code, output } = await runCommand([java, ...jvm, ...tool]);
  if (code !== 0) throw new Error(`Kafka's storage could not be formatted: ${output.trim()}`);
}
