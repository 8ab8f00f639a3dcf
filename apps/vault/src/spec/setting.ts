import { TOPIC_SETTINGS, TOPICS } from '@hookwright/contracts';
import { type TestDatabase, createDatabase, createTopics, useStores } from '@hookwright/testkit';
import { Announced } from './announced.ts';
import { Vault } from './vault.ts';

/** A vault with a database of a spec's own, and what it announces. */
export interface Setting {
  readonly brokers: string[];
  readonly database: TestDatabase;
  readonly vault: Vault;
  readonly announced: Announced;
  stop(): Promise<void>;
}

export async function startSetting(): Promise<Setting> {
  const { kafkaBrokers: brokers } = await useStores(['kafka', 'postgres']);
  await createTopics(TOPIC_SETTINGS.filter(({ topic }) => topic === TOPICS.secrets || topic === TOPICS.audit));
  const database = await createDatabase('vault');
  const vault = new Vault(database.url, brokers);
  vault.announcements.start();
  const announced = new Announced(brokers);
  await announced.start();
  const stop = async (): Promise<void> => {
    await announced.stop();
    await vault.stop();
    await database.drop();
  };
  return { brokers, database, vault, announced, stop };
}
