import { Backoff } from '@hookwright/kafka';
import { inTransaction } from '@hookwright/postgres';
import type { Logger } from '@hookwright/runtime';
import type pg from 'pg';

const TABLES = ['delivery', 'attempt', 'event_body'];
const DAY_MS = 24 * 60 * 60 * 1000;
// Yesterday too: messages may have waited in Kafka over midnight.
const DAYS_BACK = 1;
const DAYS_AHEAD = 7;
const EVERY_MS = 60 * 60 * 1000;
// By default PostgreSQL goes through a table again whenever a fifth was inserted, and writes each of its pages anew to note that all may see it: for
// a day's partition, whose rows hardly change and which is dropped as a whole, more and more work for nothing. Rows that died still bring it. And
// its statistics, a sample of 30,000 pages at each tenth, are good enough when they are taken at each doubling.
const STORAGE = 'autovacuum_vacuum_insert_threshold = -1, autovacuum_analyze_scale_factor = 1, autovacuum_analyze_threshold = 10000';
// One worker at a time makes partitions. Any constant does.
const LOCK_KEY = 7_316_202;

/** Keeps the tables' partitions a week ahead of time. */
export class Partitions {
  private readonly stopped = new AbortController();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly pool: pg.Pool,
    private readonly logger: Logger,
  ) {}

  /** Resolves when today's partitions are there, however long Postgres is away, or when stopped. */
  async start(): Promise<void> {
    const backoff = new Backoff(this.stopped.signal);
    do {
      if (await this.extend()) break;
    } while (await backoff.wait());
    this.timer = setInterval(() => void this.extend(), EVERY_MS);
    this.timer.unref();
  }

  stop(): void {
    this.stopped.abort();
    clearInterval(this.timer);
  }

  private async extend(): Promise<boolean> {
    try {
      for (const day of daysAround(Date.now())) for (const table of TABLES) await this.create(table, day);
      return true;
    } catch (error) {
      this.logger.warn({ reason: (error as Error).message }, 'partitions.waiting');
      return false;
    }
  }

  private async create(table: string, day: Day): Promise<void> {
    const name = `${table}_${day.name}`;
    const { rows } = await this.pool.query('SELECT to_regclass($1) AS existing', [name]);
    if ((rows as { existing: string | null }[])[0]?.existing !== null) return;
    try {
      await inTransaction(this.pool, async (client) => {
        await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK_KEY]);
        const range = `FROM ('${day.from}') TO ('${day.to}')`;
        await client.query(`CREATE TABLE IF NOT EXISTS ${name} PARTITION OF ${table} FOR VALUES ${range} WITH (${STORAGE})`);
      });
    } catch (error) {
      // check_violation: rows of that day are in the default partition already. They are read and found there as well.
      if ((error as { code?: unknown }).code !== '23514') throw error;
      this.logger.warn({ partition: name }, 'partitions.day_is_in_default');
    }
  }
}

interface Day {
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

/** The UTC days that must have partitions at a moment. */
export function daysAround(nowMs: number): Day[] {
  const today = Math.floor(nowMs / DAY_MS);
  return Array.from({ length: DAYS_BACK + 1 + DAYS_AHEAD }, (_, at) => {
    const from = new Date((today - DAYS_BACK + at) * DAY_MS).toISOString();
    const to = new Date((today - DAYS_BACK + at + 1) * DAY_MS).toISOString();
    return { name: from.slice(0, 10).replaceAll('-', ''), from, to };
  });
}
