/** Every Kafka topic of Hookwright's own. Merchant topics belong to the platform: see MERCHANT_TOPICS in ingest's env.ts. */
export const TOPICS = {
  lifecycle: 'app.lifecycle',
  endpoints: 'registry.endpoints',
  installations: 'registry.installations',
  eventTypes: 'registry.event-types',
  secrets: 'vault.secrets',
  deliveries: 'webhook.deliveries',
  endpointSignals: 'delivery.endpoint-signals',
  audit: 'audit.entries',
} as const;

/** Where a message goes that cannot be used. */
export function deadTopic(topic: string): string {
  return `${topic}.dead`;
}

export interface TopicSettings {
  readonly topic: string;
  readonly partitions: number;
  readonly config: Readonly<Record<string, string>>;
}

const DAY_MS = 24 * 60 * 60 * 1000;
// Six partitions let six replicas share a topic; design.md's row K7 raises it while running.
const PARTITIONS = 6;
// A body may have 1 MiB (api.md); the rest is for headers and the batch's own framing.
const MAX_MESSAGE_BYTES = 1_048_576 + 131_072;

const kept = (topic: string, days: number): TopicSettings => ({
  topic,
  partitions: PARTITIONS,
  config: { 'cleanup.policy': 'delete', 'retention.ms': String(days * DAY_MS), 'max.message.bytes': String(MAX_MESSAGE_BYTES) },
});
const compacted = (topic: string): TopicSettings => ({ topic, partitions: PARTITIONS, config: { 'cleanup.policy': 'compact' } });

/** The topics Hookwright needs before its services start, with their settings (design.md, "How services talk"). */
export const TOPIC_SETTINGS: readonly TopicSettings[] = [
  kept(TOPICS.lifecycle, 7),
  kept(deadTopic(TOPICS.lifecycle), 30),
  compacted(TOPICS.endpoints),
  compacted(TOPICS.installations),
  compacted(TOPICS.eventTypes),
  compacted(TOPICS.secrets),
  kept(TOPICS.deliveries, 7),
  kept(deadTopic(TOPICS.deliveries), 30),
  kept(TOPICS.endpointSignals, 7),
  // The registry keeps what it has read for longer.
  kept(TOPICS.audit, 30),
];

/** Settings for a merchant topic and its dead letters, where the platform leaves their creation to Hookwright. */
export function merchantTopicSettings(topic: string): readonly TopicSettings[] {
  return [kept(topic, 7), kept(deadTopic(topic), 30)];
}
