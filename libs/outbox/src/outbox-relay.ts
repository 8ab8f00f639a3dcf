import type { KafkaProducer, OutgoingMessage, TopicMessages } from '@hookwright/kafka';
import type { Pool, PoolClient } from 'pg';
import type { Logger } from 'pino';

interface StoredMessage {
  readonly id: string;
  readonly topic: string;
  readonly key: string;
  readonly partition_key: string | null;
  readonly headers: Record<string, string>;
  readonly value: Buffer | null;
}

export interface OutboxRelayOptions {
  readonly pool: Pool;
  readonly producer: Pick<KafkaProducer, 'send'>;
  readonly logger: Logger;
  /** A failpoint (row R5 of docs/faults.md): called with each batch that is committed and about to be published. */
  readonly beforePublish?: ((messages: number) => void) | undefined;
}

const BATCH = 500;
// A change is announced by wake(); the poll finds what another replica wrote, or what was left behind by a crash.
const POLL_MS = 250;
const RETRY_MS = 1000;
// One relay at a time in a database, else two would publish side by side and break the order. Any constant does.
const LOCK_KEY = 7_316_201;

const ANY = 'SELECT FROM outbox LIMIT 1';
const TAKE_LOCK = 'SELECT pg_try_advisory_xact_lock($1) AS mine';
const OLDEST = `SELECT id, topic, key, partition_key, headers, value FROM outbox ORDER BY id LIMIT ${BATCH}`;
const REMOVE = 'DELETE FROM outbox WHERE id = ANY($1::bigint[])';

/**
 * Publishes what transactions left in the table `outbox`, in the order of their ids, at least once: a row is removed after Kafka
 * has acknowledged it. Rows of one aggregate have the order of its changes because each change locks the aggregate first.
 */
export class OutboxRelay {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private again = false;
  private stopped = false;
  private fault: Error | undefined;

  constructor(private readonly options: OutboxRelayOptions) {}

  start(): void {
    this.wake();
  }

  /** Publishes now: call it after a commit. */
  wake(): void {
    if (this.stopped) return;
    this.again = true;
    this.running ??= this.run().finally(() => (this.running = undefined));
  }

  /** Throws while the last attempt to publish has failed. */
  check(): void {
    if (this.fault !== undefined) throw new Error(`the outbox cannot be relayed: ${this.fault.message}`);
  }

  /** Finishes the batch in work. What is left stays in the table for the next relay. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private async run(): Promise<void> {
    clearTimeout(this.timer);
    this.again = false;
    let delayMs = POLL_MS;
    try {
      while (!this.stopped && (await this.isAny()) && (await this.relayBatch()) === BATCH);
      this.fault = undefined;
    } catch (error) {
      if (this.fault === undefined) this.options.logger.warn({ err: error }, 'outbox.waiting');
      this.fault = error as Error;
      delayMs = RETRY_MS;
    }
    if (!this.stopped) this.timer = setTimeout(() => this.wake(), delayMs === POLL_MS && this.isWanted() ? 0 : delayMs);
  }

  /** Whether wake() was called during the run: its commit may have come after the last look. */
  private isWanted(): boolean {
    return this.again;
  }

  /** Most looks find nothing: they cost one statement, not a transaction. */
  private async isAny(): Promise<boolean> {
    const { rowCount } = await this.options.pool.query(ANY);
    return rowCount !== 0;
  }

  /** Number of messages published. */
  private async relayBatch(): Promise<number> {
    const client = await this.options.pool.connect();
    // While Kafka is waited for nothing reads this connection: when it breaks, only this event says so, and unheard it would end the process.
    client.on('error', ignore);
    try {
      await client.query('BEGIN');
      const published = await this.publishOldest(client);
      await client.query('COMMIT');
      client.off('error', ignore);
      client.release();
      return published;
    } catch (error) {
      // A connection in an unknown state is not given back to the pool.
      client.release(true);
      throw error;
    }
  }

  private async publishOldest(client: PoolClient): Promise<number> {
    const lock = await client.query<{ mine: boolean }>(TAKE_LOCK, [LOCK_KEY]);
    if (lock.rows[0]?.mine !== true) return 0;
    const { rows } = await client.query<StoredMessage>(OLDEST);
    if (rows.length === 0) return 0;
    this.options.beforePublish?.(rows.length);
    await this.options.producer.send(byTopic(rows));
    await client.query(REMOVE, [rows.map(({ id }) => id)]);
    return rows.length;
  }
}

function ignore(): void {
  // The next query rejects.
}

function byTopic(rows: StoredMessage[]): TopicMessages[] {
  const topics = new Map<string, OutgoingMessage[]>();
  for (const row of rows) {
    const messages = topics.get(row.topic) ?? [];
    messages.push({ key: row.key, value: row.value, headers: row.headers, partitionKey: row.partition_key ?? undefined });
    topics.set(row.topic, messages);
  }
  return [...topics].map(([topic, messages]) => ({ topic, messages }));
}
