import net from 'node:net';
import { Kafka, logLevel } from 'kafkajs';
import pg from 'pg';

const TIMEOUT_MS = 3000;

/** Resolves when a broker among `brokers` (host:port) serves metadata; rejects with the reason. */
export async function kafkaAnswers(brokers: readonly string[]): Promise<void> {
  const kafka = new Kafka({
    brokers: [...brokers],
    logLevel: logLevel.NOTHING,
    connectionTimeout: TIMEOUT_MS,
    requestTimeout: TIMEOUT_MS,
    retry: { retries: 0 },
  });
  const admin = kafka.admin();
  try {
    await admin.connect();
    const { controller } = await admin.describeCluster();
    if (controller === null) throw new Error('the cluster has no controller yet');
  } finally {
    await admin.disconnect();
  }
}

/** Resolves when the server at `url` runs a query; rejects with the reason. */
export async function postgresAnswers(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: TIMEOUT_MS, query_timeout: TIMEOUT_MS });
  // A connection that breaks while idle is an event of its own; the query that follows reports it.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Resolves when the server at `url` answers PING (or asks for a password first: it is there); rejects with the reason. */
export async function redisAnswers(url: string): Promise<void> {
  const { hostname, port } = new URL(url);
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = net.connect({ host: hostname, port: port === '' ? 6379 : Number(port) });
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the connection was closed')));
    socket.once('data', (data) => {
      resolve(data.toString('utf8'));
      socket.destroy();
    });
    socket.write('PING\r\n');
  });
  if (!answer.startsWith('+PONG') && !answer.startsWith('-NOAUTH')) throw new Error(`unexpected answer: ${answer.trim()}`);
}
