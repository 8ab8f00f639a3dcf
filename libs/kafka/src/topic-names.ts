import type { Kafka } from 'kafkajs';

export interface TopicNames {
  /** Those that exist, by name. */
  readonly present: string[];
  /** Names that were asked for and do not exist. */
  readonly missing: string[];
}

/** Which topics names and patterns stand for now. Rejects while Kafka is away. */
export async function topicNames(kafka: Kafka, wanted: readonly (string | RegExp)[]): Promise<TopicNames> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    return select(await admin.listTopics(), wanted);
  } finally {
    await admin.disconnect();
  }
}

function select(existing: string[], wanted: readonly (string | RegExp)[]): TopicNames {
  // search() ignores lastIndex, which would make every other test of a /g pattern fail.
  const isWanted = (topic: string): boolean => wanted.some((one) => (typeof one === 'string' ? one === topic : topic.search(one) >= 0));
  const missing = wanted.filter((one): one is string => typeof one === 'string' && !existing.includes(one));
  return { present: existing.filter(isWanted).sort(), missing };
}
