import { allTopics, ensureTopics } from '@hookwright/local';
import type { TopicSettings } from '@hookwright/contracts';
import type { Addresses } from './keeper/keeper.ts';
import { askKeeper } from './keeper/client.ts';
import { STORE_KINDS, type StoreKind } from './keeper/store-factory.ts';

export interface Stores {
  /** `host:port` each. */
  readonly kafkaBrokers: string[];
  /** Superuser, database `postgres`. For a database with a service's tables: createDatabase(). */
  readonly postgresUrl: string;
  readonly redisUrl: string;
}

/**
 * The run's real Kafka, PostgreSQL and Redis, started now if nobody asked before, shared by every spec: keep apart by topic, database
 * and key names (uniqueName). With `kinds` only those are started; the addresses of the others are empty. Ended with the run.
 */
export async function useStores(kinds: readonly StoreKind[] = STORE_KINDS): Promise<Stores> {
  return toStores((await askKeeper('GET', `/stores?kinds=${kinds.join(',')}`)) as Addresses);
}

/** Stores of one spec's own, which it may fill, stop or break. Takes about 5 s. Ended by stop(), at the latest with the run. */
export async function startStores(): Promise<Stores & { stop(): Promise<void> }> {
  const { id, addresses } = (await askKeeper('POST', '/own-stores')) as { id: string; addresses: Addresses };
  const stop = async (): Promise<void> => {
    await askKeeper('DELETE', `/own-stores/${id}`);
  };
  return { ...toStores(addresses), stop };
}

/** Creates those of the topics that do not exist yet in the given or the run's Kafka; by default all of Hookwright's and the demo's. */
export async function createTopics(topics?: readonly TopicSettings[], brokers?: readonly string[]): Promise<void> {
  await ensureTopics(brokers ?? (await useStores(['kafka'])).kafkaBrokers, topics ?? (await allTopics()));
}

function toStores({ kafka, postgres = '', redis = '' }: Addresses): Stores {
  return { kafkaBrokers: kafka === undefined ? [] : [kafka], postgresUrl: postgres, redisUrl: redis };
}
