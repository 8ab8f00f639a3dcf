import { type Admin, Kafka, logLevel } from 'kafkajs';

/** Does something as an administrator of the broker. Rejects while it is away. */
export async function withAdmin<T>(brokers: readonly string[], act: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Kafka({ clientId: 'hookwright-faults', brokers: [...brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    return await act(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Messages that were ever written to a topic, by partition. */
export async function written(brokers: readonly string[], topic: string): Promise<ReadonlyMap<number, number>> {
  return await withAdmin(brokers, async (admin) => {
    const offsets = await admin.fetchTopicOffsets(topic);
    return new Map(offsets.map(({ partition, high }) => [partition, Number(high)]));
  });
}

/** The same of all partitions. */
export async function writtenInAll(brokers: readonly string[], topic: string): Promise<number> {
  return [...(await written(brokers, topic)).values()].reduce((sum, each) => sum + each, 0);
}
