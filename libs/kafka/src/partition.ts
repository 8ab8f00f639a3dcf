import kafkajs, { type PartitionMetadata } from 'kafkajs';

const { Partitioners } = kafkajs;

/** A message that goes where another key would: registry.installations is keyed by installation, yet partitioned by merchant. */
export interface Partitioned {
  readonly key?: Buffer | string | null;
  readonly partitionKey?: string | undefined;
}

/** kafkajs' default partitioner (murmur2, as Java's clients), by `partitionKey` where a message has one. */
export function createPartitioner(): (args: { topic: string; partitionMetadata: PartitionMetadata[]; message: Partitioned }) => number {
  const byKey = Partitioners.DefaultPartitioner();
  return ({ topic, partitionMetadata, message }) =>
    byKey({ topic, partitionMetadata, message: { value: null, key: message.partitionKey ?? message.key ?? null } });
}
