import { Backoff, Gathered } from '@hookwright/kafka';
import type { Logger } from '@hookwright/runtime';
import type pg from 'pg';
import type { Delivery } from '../expansion/delivery.ts';
import { BatchWriter } from './batch-writer.ts';
import type { DeliveryRecord } from './delivery-record.ts';
import { UNIQUE_VIOLATION, codeOf } from './refusal.ts';
import { copyIn } from './sql/copy-in.ts';
import { findRecorded, findStoredEvents } from './sql/find-recorded.ts';
import { canBeCopied, copiesOf, insertDeliveries } from './sql/insert-deliveries.ts';
import type { Statement } from './sql/statement.ts';
import { updateDeliveries } from './sql/update-deliveries.ts';

export interface DeliveryLogOptions {
  readonly pool: pg.Pool;
  readonly logger: Logger;
  readonly dedupeWindowHours: number;
  /** Answered requests that may be unrecorded: then no other begins. */
  readonly unrecorded: number;
  /** Keeps a delivery that the database refuses, where an operator finds it. */
  readonly bury: (delivery: Delivery, detail: string) => Promise<void>;
}

const HOUR_MS = 3_600_000;

/**
 * Records deliveries and attempts in batches, one statement each: what is new is inserted, what was claimed from the table is updated. Its
 * callers hold a bounded amount, so a store that is away stops the worker and fills no memory.
 */
export class DeliveryLog {
  private readonly fresh: BatchWriter;
  private readonly claimed: BatchWriter;
  private readonly lookUps = new Gathered({ request: (deliveries: readonly Delivery[]) => this.lookUp(deliveries) });
  private lookUpFault: Error | undefined;

  constructor(private readonly options: DeliveryLogOptions) {
    const onFault = (error: Error, waiting: number): void => options.logger.warn({ reason: error.message, waiting }, 'log.waiting');
    // The other three quarters go on meanwhile.
    const enough = Math.ceil(options.unrecorded / 4);
    this.fresh = new BatchWriter({
      enough,
      store: (records) => this.insert(records),
      refused: (record, error) => this.refuseFresh(record, error),
      onFault,
    });
    this.claimed = new BatchWriter({
      enough,
      store: (records) => this.run(updateDeliveries(records)),
      refused: (record, error) => this.refuseClaimed(record, error),
      onFault,
    });
  }

  /** Calls `stored` when the record is in the database. The same record stored twice is stored once. */
  record(record: DeliveryRecord, stored: () => void): void {
    const writer = record.delivery.origin === 'live' ? this.fresh : this.claimed;
    writer.add(record, stored);
  }

  /**
   * Which of the deliveries have a row already, made within the window before them. Waits for Postgres as long as it takes; undefined when
   * the wait was ended by the signal.
   */
  async recordedAmong(deliveries: readonly Delivery[], signal: AbortSignal): Promise<ReadonlySet<string> | undefined> {
    if (deliveries.length === 0) return new Set();
    const backoff = new Backoff(signal);
    do {
      try {
        const recorded = await this.lookUps.ask(deliveries);
        this.lookUpFault = undefined;
        return recorded;
      } catch (error) {
        if (this.lookUpFault === undefined) this.options.logger.warn({ reason: (error as Error).message }, 'log.look_up_waiting');
        this.lookUpFault = error as Error;
      }
    } while (await backoff.wait());
    return undefined;
  }

  /** False while what happened cannot be recorded: nothing more should be sent then, all of it would be repeated after a crash. */
  isWorking(): boolean {
    return this.fresh.fault === undefined && this.claimed.fault === undefined;
  }

  /** Throws while the last batch could not be written, or the last look-up failed. */
  check(): void {
    const fault = this.fresh.fault ?? this.claimed.fault ?? this.lookUpFault;
    if (fault !== undefined) throw new Error(`deliveries cannot be recorded: ${fault.message}`);
  }

  /** Gives up on what could not be written: it was not confirmed, so it will happen again. */
  close(): void {
    this.fresh.close();
    this.claimed.close();
  }

  /** By their events first: most were never seen, and an event has one body but a row for each of its apps. */
  private async lookUp(deliveries: readonly Delivery[]): Promise<ReadonlySet<string>> {
    const oldestMs = deliveries.reduce((oldest, { createdAtMs }) => Math.min(oldest, createdAtMs), Infinity);
    const afterMs = oldestMs - this.options.dedupeWindowHours * HOUR_MS;
    const eventIds = new Set(deliveries.map(({ source }) => source.event.eventId));
    const seen = await this.idsOf(findStoredEvents([...eventIds], afterMs));
    if (seen.size === 0) return seen;
    const doubtful = deliveries.filter(({ source }) => seen.has(source.event.eventId)).map(({ id }) => id);
    return await this.idsOf(findRecorded(doubtful, afterMs));
  }

  private async idsOf(statement: Statement): Promise<Set<string>> {
    const { rows } = await this.options.pool.query<{ id: string }>(statement);
    return new Set(rows.map(({ id }) => id));
  }

  private async insert(records: readonly DeliveryRecord[]): Promise<void> {
    if (!(await this.copy(records))) await this.run(insertDeliveries(records));
    for (const { delivery } of records) delivery.source.isStored = true;
  }

  /** False when it takes more than copying: some are not settled, or have a row. */
  private async copy(records: readonly DeliveryRecord[]): Promise<boolean> {
    if (!canBeCopied(records)) return false;
    try {
      await copyIn(this.options.pool, copiesOf(records));
      return true;
    } catch (error) {
      if (codeOf(error) === UNIQUE_VIOLATION) return false;
      throw error;
    }
  }

  private async run(statement: Statement): Promise<void> {
    await this.options.pool.query(statement);
  }

  private async refuseFresh({ delivery }: DeliveryRecord, error: Error): Promise<void> {
    this.options.logger.error({ ...idsOf(delivery), reason: error.message }, 'log.delivery_refused');
    await this.options.bury(delivery, error.message);
  }

  /** Its row is good; the attempt that cannot be kept must not be made again and again. */
  private async refuseClaimed({ delivery }: DeliveryRecord, error: Error): Promise<void> {
    this.options.logger.error({ ...idsOf(delivery), reason: error.message }, 'log.attempt_refused');
    await this.run(updateDeliveries([{ delivery, status: 'failed', reason: 'unstorable', dueInMs: null, attempt: undefined }]));
  }
}

function idsOf({ id, appId, source }: Delivery): Record<string, string> {
  return { delivery_id: id, app_id: appId, event_id: source.event.eventId };
}
