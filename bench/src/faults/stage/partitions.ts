import kafkajs from 'kafkajs';

const { Partitioners } = kafkajs;
/** Of merchant topics and of webhook.deliveries (contracts, topics.ts). */
export const PARTITIONS = 6;

const METADATA = Array.from({ length: PARTITIONS }, (_, partitionId) => ({
  partitionErrorCode: 0,
  partitionId,
  leader: 1,
  replicas: [1],
  isr: [1],
}));
const partitioner = Partitioners.DefaultPartitioner();

/** The partition that a merchant's events and deliveries lie in: Kafka's own murmur2, which every producer must use (README). */
export function partitionOf(merchant: string): number {
  return partitioner({ topic: '', partitionMetadata: METADATA, message: { key: merchant, value: null } });
}

/** `count` merchants whose partition is one of those. */
export function merchantsIn(partitions: readonly number[], count: number): readonly string[] {
  const merchants: string[] = [];
  for (let number = 0; merchants.length < count; number++) {
    const merchant = `mer_${number}`;
    if (partitions.includes(partitionOf(merchant))) merchants.push(merchant);
  }
  return merchants;
}
