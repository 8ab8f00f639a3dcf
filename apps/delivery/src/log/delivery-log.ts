import { Backoff } from '@hookwright/kafka';
import type { Logger } from '@hookwright/runtime';
import type pg from 'pg';
import { inTransaction } from './database.ts';
import type { Delivery } from '../expansion/delivery.ts';
import type { DeliveryRecord } from './delivery-record.ts';
import { findRecorded } from './sql/find-recorded.ts';
import { insertAttempts } from './sql/insert-attempts.ts';
import { insertDeliveries } from './sql/insert-deliveries.ts';
import { insertEventBodies } from './sql/insert-event-bodies.ts';
import { updateDeliveries } from './sql/update-deliveries.ts';

interface Waiting {
  readonly record: DeliveryRecord;
  readonly stored: () => void;
}

const HOUR_MS = 3_600_000;
// What waits while one batch is written makes the next: no timer, no delay at low load, hundreds of rows at high load.
const BATCH_RECORDS = 500;
const BATCH_BYTES = 4 * 1_048_576;
// Two batches: one being written, one filling up.
const MOST_UNRECORDED = 2 * BATCH_RECORDS;

/**
 * Records deliveries and attempts in batches, one transaction each. A batch that cannot be written is tried again for ever: what it
 * stands for has happened. Its callers hold a bounded amount, so a store that is away stops the worker and fills no memory.
 */
export class DeliveryLog {
  private readonly queue: Waiting[] = [];
  private isWriting = false;
  private onCaughtUp: () => void = () => undefined;
  private readonly closed = new AbortController();
  private writeFault: Error | undefined;
  private lookUpFault: Error | undefined;

  constructor(
    private readonly pool: pg.Pool,
    private readonly logger: Logger,
    private readonly dedupeWindowHours: number,
  ) {}

  /** Calls `stored` when the record is in the database. The same record stored twice is stored once. */
  record(record: DeliveryRecord, stored: () => void): void {
    this.queue.push({ record, stored });
    if (!this.isWriting) void this.writeAll();
  }

  /** Which of the deliveries have a row already, made within the window before them. Waits for Postgres as long as it takes; undefined when the wait was ended by the signal. */
  async recordedAmong(deliveries: readonly Delivery[], signal: AbortSignal): Promise<ReadonlySet<string> | undefined> {
    if (deliveries.length === 0) return new Set();
    const ids = deliveries.map(({ id }) => id);
    const oldestMs = deliveries.reduce((oldest, { createdAtMs }) => Math.min(oldest, createdAtMs), Infinity);
    const query = findRecorded(ids, oldestMs - this.dedupeWindowHours * HOUR_MS);
    const backoff = new Backoff(signal);
    do {
      try {
        const { rows } = await this.pool.query<{ id: string }>(query);
        this.lookUpFault = undefined;
        return new Set(rows.map(({ id }) => id));
      } catch (error) {
        if (this.lookUpFault === undefined) this.logger.warn({ reason: (error as Error).message }, 'log.look_up_waiting');
        this.lookUpFault = error as Error;
      }
    } while (await backoff.wait());
    return undefined;
  }

  /**
   * False while what happened is not recorded soon: nothing more should be sent then, because all that is sent and not recorded would be
   * repeated after a crash. `caughtUp` is called when it has become true again.
   */
  isKeepingUp(): boolean {
    return this.writeFault === undefined && this.queue.length < MOST_UNRECORDED;
  }

  whenCaughtUp(caughtUp: () => void): void {
    this.onCaughtUp = caughtUp;
  }

  /** Throws while the last batch could not be written, or the last look-up failed. */
  check(): void {
    const fault = this.writeFault ?? this.lookUpFault;
    if (fault !== undefined) throw new Error(`deliveries cannot be recorded: ${fault.message}`);
  }

  /** Gives up on what could not be written: it was not confirmed, so it will happen again. */
  close(): void {
    this.closed.abort();
  }

  private async writeAll(): Promise<void> {
    this.isWriting = true;
    const backoff = new Backoff(this.closed.signal);
    while (this.queue.length > 0) {
      const batch = this.queue.slice(0, batchSize(this.queue));
      try {
        await inTransaction(this.pool, (client) =>
          write(
            client,
            batch.map(({ record }) => record),
          ),
        );
      } catch (error) {
        this.writeFailed(error);
        if (await backoff.wait()) continue;
        return;
      }
      const wasBehind = !this.isKeepingUp();
      this.queue.splice(0, batch.length);
      this.writeFault = undefined;
      backoff.reset();
      for (const { stored } of batch) stored();
      if (wasBehind && this.isKeepingUp()) this.onCaughtUp();
    }
    this.isWriting = false;
  }

  private writeFailed(error: unknown): void {
    if (this.writeFault === undefined) this.logger.warn({ reason: (error as Error).message, waiting: this.queue.length }, 'log.waiting');
    this.writeFault = error as Error;
  }
}

function batchSize(queue: readonly Waiting[]): number {
  let bytes = 0;
  let size = 0;
  for (const { record } of queue) {
    bytes += record.delivery.source.data.length + (record.attempt?.responseBody.length ?? 0);
    if (size === BATCH_RECORDS || (bytes > BATCH_BYTES && size > 0)) break;
    size++;
  }
  return size;
}

async function write(client: pg.PoolClient, records: readonly DeliveryRecord[]): Promise<void> {
  const fresh = records.filter(({ delivery }) => delivery.origin === 'live');
  const parked = records.filter(({ delivery }) => delivery.origin === 'parked');
  if (fresh.length > 0) {
    await client.query(insertEventBodies(fresh));
    await client.query(insertDeliveries(fresh));
  }
  if (parked.length > 0) await client.query(updateDeliveries(parked));
  const attempts = insertAttempts(records);
  if (attempts !== undefined) await client.query(attempts);
}
