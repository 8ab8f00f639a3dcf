import { randomUUID } from 'node:crypto';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { DATABASE_OWNERS, findPrograms } from '@hookwright/local';
import { Kafka, logLevel } from 'kafkajs';
import type { System } from '../../system/system.ts';
import { hits, type Spelling } from '../judge/spellings.ts';
import { askRedis } from './ask-redis.ts';
import { withAdmin } from './kafka-admin.ts';
import { until } from './until.ts';

/** Where something was found. */
export interface Leak {
  readonly place: string;
  readonly what: string;
}

const MOST_DUMP_BYTES = 1_073_741_824;
const TOPICS_MS = 120_000;

/** Whatever a system leaves behind, piece by piece: each is handed to `look` with the name of its place. */
export async function eachPlace(system: System, look: (place: string, content: Buffer) => void): Promise<void> {
  for (const name of fs.readdirSync(path.join(system.directory, 'logs'))) {
    look(`log ${name}`, fs.readFileSync(path.join(system.directory, 'logs', name)));
  }
  for (const owner of DATABASE_OWNERS) look(`database ${owner}`, await dump(system.databaseUrl(owner)));
  look('Redis', await dumpRedis(system));
  for (const name of system.replicaNames) {
    const response = await fetch(`${system.httpUrlOf(name)}/metrics`);
    look(`metrics ${name}`, Buffer.from(await response.arrayBuffer()));
  }
  await eachMessage(system.kafkaBrokers, look);
}

/** What of the spellings is in a place. */
export function leaksIn(place: string, content: Buffer, all: readonly Spelling[]): readonly Leak[] {
  return hits(content, all).map((what) => ({ place, what }));
}

/** pg_dump writes bytes as hex. */
async function dump(databaseUrl: string): Promise<Buffer> {
  const program = path.join(findPrograms().postgres ?? '', 'pg_dump');
  const { stdout } = await promisify(execFile)(program, ['--inserts', databaseUrl], { encoding: 'buffer', maxBuffer: MOST_DUMP_BYTES });
  return stdout;
}

/** Its snapshot without compression, in which nothing could be found. */
async function dumpRedis({ redisUrl, directory }: System): Promise<Buffer> {
  await askRedis(redisUrl, ['CONFIG', 'SET', 'rdbcompression', 'no']);
  await askRedis(redisUrl, ['SAVE']);
  return fs.readFileSync(path.join(directory, 'redis', 'dump.rdb'));
}

/** Every message of every topic from its beginning to where it ends now. Rejects when they cannot be read to the end. */
async function eachMessage(brokers: readonly string[], look: (place: string, content: Buffer) => void): Promise<void> {
  const topics = (await withAdmin(brokers, (admin) => admin.listTopics())).filter((topic) => !topic.startsWith('__'));
  const left = new Map<string, number>();
  await withAdmin(brokers, async (admin) => {
    for (const topic of topics) {
      for (const { partition, high, low } of await admin.fetchTopicOffsets(topic))
        if (Number(high) > Number(low)) left.set(`${topic} ${partition}`, Number(high));
    }
  });
  const consumer = new Kafka({ clientId: 'search', brokers: [...brokers], logLevel: logLevel.NOTHING }).consumer({
    groupId: `search-${randomUUID()}`,
  });
  await consumer.connect();
  try {
    await consumer.subscribe({ topics, fromBeginning: true });
    await consumer.run({
      eachMessage: ({ topic, partition, message: { key, value, headers = {}, offset } }) => {
        const parts = Object.entries(headers).map(([name, text]) => Buffer.from(`${name}=${String(text)}`));
        look(`topic ${topic}`, Buffer.concat([key ?? Buffer.alloc(0), Buffer.from(' '), value ?? Buffer.alloc(0), ...parts]));
        // Of a compacted topic the last offsets may be gone: a message at or after the last one of then is enough.
        const end = left.get(`${topic} ${partition}`);
        if (end !== undefined && Number(offset) >= end - 1) left.delete(`${topic} ${partition}`);
        return Promise.resolve();
      },
    });
    const tookMs = await until(() => Promise.resolve(left.size === 0), TOPICS_MS);
    if (Number.isNaN(tookMs)) throw new Error(`not read to their end: ${[...left.keys()].join(', ')}`);
  } finally {
    await consumer.disconnect();
  }
}
