import pg from 'pg';
import { Every } from './every.ts';

// Whoever wants a connection back waits and tries again; so does the hog, and it is many at once.
const GRAB_EVERY_MS = 100;
const AT_ONCE = 20;

/**
 * Takes every connection of a PostgreSQL server, those of the services too: it ends their sessions, and is there when the place becomes
 * free. One session of its own stays in, to end others with.
 */
export class ConnectionHog {
  readonly #url: string;
  readonly #held = new Set<pg.Client>();
  readonly #boss: pg.Client;
  readonly #turns: Every;

  private constructor(url: string, boss: pg.Client) {
    this.#url = url;
    this.#boss = boss;
    this.#turns = new Every(GRAB_EVERY_MS, () => this.#grab());
  }

  /** Resolves when the server has refused a connection for the first time: it is full. */
  static async start(url: string): Promise<ConnectionHog> {
    const boss = quiet(new pg.Client({ connectionString: url, application_name: 'hog' }));
    await boss.connect();
    const hog = new ConnectionHog(url, boss);
    while (!(await hog.#fill())) await hog.#evict();
    return hog;
  }

  get size(): number {
    return this.#held.size;
  }

  async stop(): Promise<void> {
    await this.#turns.stop();
    await Promise.all([this.#boss, ...this.#held].map((client) => client.end().catch(() => undefined)));
    this.#held.clear();
  }

  async #grab(): Promise<void> {
    await this.#evict();
    await this.#fill();
  }

  async #evict(): Promise<void> {
    await this.#boss.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name <> 'hog' AND backend_type = 'client backend'",
    );
  }

  /** Connects until it is refused. True when it was. */
  async #fill(): Promise<boolean> {
    for (;;) {
      const results = await Promise.all(Array.from({ length: AT_ONCE }, () => this.#connect()));
      if (results.includes('refused')) return true;
    }
  }

  async #connect(): Promise<'connected' | 'refused'> {
    const client = quiet(new pg.Client({ connectionString: this.#url, application_name: 'hog' }));
    try {
      await client.connect();
    } catch {
      return 'refused';
    }
    this.#held.add(client);
    client.once('end', () => this.#held.delete(client));
    return 'connected';
  }
}

function quiet(client: pg.Client): pg.Client {
  client.on('error', () => undefined);
  return client;
}
