import { randomUUID } from 'node:crypto';
import type { Admin, Kafka } from 'kafkajs';
import { type Logger, pino } from 'pino';
import { createTopics } from '@hookwright/testkit';
import { createKafka } from '../client.ts';
import type { OutgoingMessage } from '../outgoing-message.ts';
import { KafkaProducer } from '../producer.ts';

export const logger: Logger = pino({ level: 'silent' });

/** What a consumer logs when it has joined. */
export interface LoggedJoin {
  readonly assignment: Record<string, number[]>;
  readonly gone: string[];
}

/** A logger that keeps what a consumer tells of its joins. */
export function joinsLogger(joins: LoggedJoin[]): Logger {
  return Object.assign(Object.create(logger) as Logger, { info: (line: LoggedJoin) => void joins.push(line) });
}

export interface Setting {
  readonly kafka: Kafka;
  readonly brokers: string[];
  readonly producer: KafkaProducer;
  /** A new topic. */
  topic(settings?: { partitions?: number; compact?: boolean }): Promise<string>;
  createTopic(topic: string, settings?: { partitions?: number; compact?: boolean }): Promise<void>;
  deleteTopic(topic: string): Promise<void>;
  close(): Promise<void>;
}

/** What the specs of this library need of a Kafka. */
export function setting(brokers: string[]): Setting {
  const kafka = createKafka({ clientId: 'spec', brokers, logger });
  const producer = new KafkaProducer(kafka);
  const createTopic: Setting['createTopic'] = async (topic, { partitions = 1, compact = false } = {}) => {
    const config = { 'cleanup.policy': compact ? 'compact' : 'delete', 'max.message.bytes': '1179648' };
    await createTopics([{ topic, partitions, config }], brokers);
  };
  return {
    kafka,
    brokers,
    producer,
    createTopic,
    topic: async (settings) => {
      const topic = `topic-${randomUUID()}`;
      await createTopic(topic, settings);
      return topic;
    },
    deleteTopic: (topic) => asAdmin(kafka, (admin) => admin.deleteTopics({ topics: [topic] })),
    close: () => producer.close(),
  };
}

/** Messages whose key and value are `<first>`, `<first + 1>`… */
export function numbered(count: number, first = 0): OutgoingMessage[] {
  return Array.from({ length: count }, (_, at) => ({ key: String(first + at), value: Buffer.from(String(first + at)) }));
}

/** What the group has committed of a partition; -1: nothing. */
export async function committedOffset(kafka: Kafka, place: { groupId: string; topic: string; partition?: number }): Promise<number> {
  const [offsets] = await asAdmin(kafka, (admin) => admin.fetchOffsets({ groupId: place.groupId, topics: [place.topic] }));
  return Number(offsets?.partitions.find(({ partition }) => partition === (place.partition ?? 0))?.offset ?? -1);
}

export async function memberCount(kafka: Kafka, groupId: string): Promise<number> {
  const { groups } = await asAdmin(kafka, (admin) => admin.describeGroups([groupId]));
  return groups[0]?.members.length ?? 0;
}

export async function asAdmin<Result>(kafka: Kafka, work: (admin: Admin) => Promise<Result>): Promise<Result> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}
