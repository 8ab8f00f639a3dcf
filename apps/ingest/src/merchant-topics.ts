import { TOPICS, type TopicSettings, deadTopic, merchantTopicSettings } from '@hookwright/contracts';
import type { Admin, Kafka } from 'kafkajs';
import { chosenTopics, type TopicChoice } from './topic-choice.ts';

/**
 * The topics that ingest reads as they are now: the chosen merchant topics that exist, those that are named and do not exist yet, and the
 * apps' lifecycle. Makes the dead-letter topic of each that exists, so that poison never finds its way blocked. Rejects while Kafka is away.
 */
export async function topicsToRead(kafka: Kafka, choice: TopicChoice): Promise<string[]> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    const existing = await admin.listTopics();
    const topics = [...chosenTopics(choice, existing), TOPICS.lifecycle];
    await makeDeadTopics(admin, topics, new Set(existing));
    return [...new Set([...topics, ...choice.names])];
  } finally {
    await admin.disconnect();
  }
}

async function makeDeadTopics(admin: Admin, topics: readonly string[], existing: ReadonlySet<string>): Promise<void> {
  const missing = topics.filter((topic) => existing.has(topic) && !existing.has(deadTopic(topic)));
  if (missing.length === 0) return;
  const settings = missing.flatMap((topic) => merchantTopicSettings(topic).filter((one) => one.topic === deadTopic(topic)));
  // Without waiting: kafkajs asks for the new topics' leaders at once and takes "no such topic" for a failure.
  await admin.createTopics({ topics: settings.map(toKafka), waitForLeaders: false });
}

function toKafka({ topic, partitions, config }: TopicSettings): {
  topic: string;
  numPartitions: number;
  configEntries: { name: string; value: string }[];
} {
  return { topic, numPartitions: partitions, configEntries: Object.entries(config).map(([name, value]) => ({ name, value })) };
}
