import kafkajs, { type Kafka, type LogEntry } from 'kafkajs';
import type { Logger } from 'pino';
import { registerCodecs } from './codecs.ts';
import { installFetch } from './fetch-request.ts';
import { installProduceRequest } from './produce-request.ts';
import { installRequestQueue } from './request-queue.ts';

const { Kafka: KafkaClient, logLevel } = kafkajs;

const CONNECTION_TIMEOUT_MS = 3000;
// Longer than the longest poll (ConsumerTiming.maxWaitMs), short enough to notice a broker that hangs.
const REQUEST_TIMEOUT_MS = 10_000;

// What fails in kafkajs is tried again, there or by us: its errors are our warnings.
const PINO_LEVEL = {
  [logLevel.ERROR]: 'warn',
  [logLevel.WARN]: 'info',
  [logLevel.INFO]: 'debug',
  [logLevel.DEBUG]: 'trace',
  [logLevel.NOTHING]: 'trace',
} as const;
// While the broker is away every client says the same several times a second.
const REPEAT_AFTER_MS = 10_000;
const MAX_REMEMBERED = 200;

/** A kafkajs client with every codec, quick retries, and its logs in ours (its info is our debug). */
export function createKafka({ clientId, brokers, logger }: { clientId: string; brokers: string[]; logger: Logger }): Kafka {
  registerCodecs();
  installFetch();
  installProduceRequest();
  installRequestQueue();
  const write = logWriter(logger);
  return new KafkaClient({
    clientId,
    brokers,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 5 },
    logCreator: () => write,
  });
}

function logWriter(logger: Logger, now = Date.now): (entry: LogEntry) => void {
  const written = new Map<string, number>();
  return ({ level, namespace, log }) => {
    const { message, timestamp: _timestamp, logger: _logger, stack: _stack, ...details } = log;
    const isRepeated = now() - (written.get(message) ?? 0) < REPEAT_AFTER_MS;
    if (!isRepeated) {
      if (written.size >= MAX_REMEMBERED) written.clear();
      written.set(message, now());
    }
    logger[isRepeated ? 'trace' : PINO_LEVEL[level]]({ namespace, ...details }, `kafka: ${message}`);
  };
}
