import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { type Ends, Lag } from '../../system/lag.ts';
import type { System } from '../../system/system.ts';
import { TOPIC } from './load.ts';

/** Work of the system that is not done yet. */
export interface Backlog {
  /** Messages that a consumer group has not committed. */
  readonly lag: number;
  /** Deliveries of the scene's apps that wait in Postgres, for whatever reason and however long. */
  readonly waiting: number;
}

const ANSWER_MS = 5000;
const MOMENT_MS = 1000;
const WAITING = 'SELECT count(*) FROM delivery WHERE next_attempt_at IS NOT NULL AND app_id = ANY($1)';

/** Looks from outside, as an operator would: committed offsets at the broker, rows in the database. */
export class BacklogProbe {
  readonly #lag: Lag;
  readonly #databaseUrl: string;
  readonly #appIds: readonly string[];

  private constructor({ lag, databaseUrl, appIds }: { lag: Lag; databaseUrl: string; appIds: readonly string[] }) {
    this.#lag = lag;
    this.#databaseUrl = databaseUrl;
    this.#appIds = appIds;
  }

  static async connect(system: System, apps: readonly { readonly id: string }[]): Promise<BacklogProbe> {
    const lag = await Lag.connect(system.kafkaBrokers);
    return new BacklogProbe({ lag, databaseUrl: system.databaseUrl('delivery'), appIds: apps.map(({ id }) => id) });
  }

  /** Rejects while a store is away. */
  async read(): Promise<Backlog> {
    const [lag, waiting] = await Promise.all([this.lag(), this.waiting()]);
    return { lag, waiting };
  }

  /** Messages that a consumer group has not committed; of those that were there at `ends`, or of all. */
  async lag(ends?: Ends): Promise<number> {
    return Object.values(await this.#lag.of(TOPIC, ends)).reduce((sum, each) => sum + each, 0);
  }

  /** Whether everything that was there a second ago is finished: under load there is always something that came since. */
  async hasCaughtUp(): Promise<boolean> {
    const ends = await this.#lag.ends(TOPIC);
    await delay(MOMENT_MS);
    return (await this.lag(ends)) === 0;
  }

  async waiting(): Promise<number> {
    const client = new pg.Client({ connectionString: this.#databaseUrl, connectionTimeoutMillis: ANSWER_MS, query_timeout: ANSWER_MS });
    // A connection that breaks while idle is an event of its own; the query that follows reports it.
    client.on('error', () => undefined);
    try {
      await client.connect();
      const { rows } = await client.query<{ count: string }>(WAITING, [this.#appIds]);
      return Number(rows[0]?.count ?? 0);
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  async stop(): Promise<void> {
    await this.#lag.stop();
  }
}
