import { type TestDatabase, createDatabase, eventually, useStores } from '@hookwright/testkit';
import { type Gateway, newKey, startGateway } from './gateway.ts';

/** A gateway with a database of a spec's own, and what calls need. */
export interface Setting {
  readonly database: TestDatabase;
  readonly redisUrl: string;
  readonly gateway: Gateway;
  /** Live, of the sample partner's, with every scope. */
  readonly key: string;
  stop(): Promise<void>;
}

/** `env`: beyond what every spec's gateway has. */
export async function startSetting(env: Record<string, string> = {}): Promise<Setting> {
  const { redisUrl } = await useStores(['postgres', 'redis']);
  const database = await createDatabase('gateway');
  const gateway = await startGateway({ databaseUrl: database.url, redisUrl }, env);
  const stop = async (): Promise<void> => {
    await gateway.stop();
    await database.drop();
  };
  // The pool's first connection may take longer than a caller waits for it while the machine is busy.
  return { database, redisUrl, gateway, key: await eventually(() => newKey(gateway)), stop };
}
