import type { TopicSettings } from '@hookwright/contracts';
import { setTimeout as delay } from 'node:timers/promises';
import { type Admin, Kafka, logLevel } from 'kafkajs';

const SERVED_MS = 30_000;
const LOOK_EVERY_MS = 50;

/** The merchant topics of the demo; a platform creates its own. */
export const DEMO_MERCHANT_TOPICS = ['merchant.orders', 'merchant.payments', 'merchant.refunds', 'merchant.customers'] as const;

/** Every topic that `npm start` creates, with its settings. Contracts are loaded late: this file is read before they are built. */
export async function allTopics(): Promise<readonly TopicSettings[]> {
  const { merchantTopicSettings, TOPIC_SETTINGS } = await import('@hookwright/contracts');
  return [...TOPIC_SETTINGS, ...DEMO_MERCHANT_TOPICS.flatMap(merchantTopicSettings)];
}

/** Creates those of the topics that do not exist yet, and waits until each has its leaders. Returns the names of the new ones. */
export async function ensureTopics(brokers: readonly string[], topics: readonly TopicSettings[]): Promise<readonly string[]> {
  const kafka = new Kafka({ clientId: 'hookwright-topics', brokers: [...brokers], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  try {
    const existing = new Set(await admin.listTopics());
    const missing = topics.filter(({ topic }) => !existing.has(topic));
    const names = missing.map(({ topic }) => topic);
    // kafkajs' own waiting for leaders fails when the broker does not know a topic yet that it has just agreed to make.
    await admin.createTopics({ topics: missing.map(toKafka), waitForLeaders: false });
    if (names.length > 0) await served(admin, names);
    return names;
  } finally {
    await admin.disconnect();
  }
}

/** Resolves when the broker serves every partition of the topics; rejects after 30 s. */
async function served(admin: Admin, topics: string[]): Promise<void> {
  const deadline = Date.now() + SERVED_MS;
  for (;;) {
    const fault = await faultOf(admin, topics);
    if (fault === undefined) return;
    if (Date.now() > deadline) throw new Error(`the new topics are not served after ${SERVED_MS / 1000} s: ${fault}`);
    await delay(LOOK_EVERY_MS);
  }
}

/** Metadata names a leader some time before that leader knows: only an answer of its own shows it. */
async function faultOf(admin: Admin, topics: string[]): Promise<string | undefined> {
  try {
    for (const topic of topics) await admin.fetchTopicOffsets(topic);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function toKafka({ topic, partitions, config }: TopicSettings): {
  topic: string;
  numPartitions: number;
  configEntries: { name: string; value: string }[];
} {
  const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
  return { topic, numPartitions: partitions, configEntries };
}
