export { Backoff } from './backoff.ts';
export { BatchConsumer, type BatchConsumerOptions, type ConsumedBatch } from './batch-consumer.ts';
export { type BatchServerOptions, KafkaBatchServer } from './batch-server.ts';
export { CONSUMER_TIMING, type ConsumerTiming } from './consumer-timing.ts';
export { createKafka } from './client.ts';
export { CompactedTable, type CompactedTableOptions } from './compacted-table.ts';
export type { OutgoingMessage, TopicMessages } from './outgoing-message.ts';
export { KafkaProducer } from './producer.ts';
