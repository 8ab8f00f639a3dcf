import { Backoff } from '@hookwright/kafka';
import type { DeliveryRecord } from './delivery-record.ts';
import { isRefusal } from './refusal.ts';

export interface BatchWriterOptions {
  /** Stores the records, all or none. Doing it again changes nothing. */
  readonly store: (records: readonly DeliveryRecord[]) => Promise<void>;
  /** Deals with a record that the database refuses for what it is. */
  readonly refused: (record: DeliveryRecord, error: Error) => Promise<void>;
  readonly onFault: (error: Error, waiting: number) => void;
  /** So many records are a batch that need not wait for more. */
  readonly enough: number;
}

interface Waiting {
  readonly record: DeliveryRecord;
  readonly stored: () => void;
}

const BATCH_RECORDS = 500;
const BATCH_BYTES = 4 * 1_048_576;
// A row costs the database and this process twice as much in a batch of fifteen as in one of fifty. What waits for a record is the
// commit of its offset, which is made every 200 ms, and a partition that moves.
const LINGER_MS = 20;

/**
 * Stores records in batches: what waits while one is written makes the next, and a small one waits a moment for more.
 * A batch that cannot be written is tried again for ever: what it stands for has happened. One that the database refuses for its data is
 * halved until the record in question is alone.
 */
export class BatchWriter {
  private queue: Waiting[] = [];
  private isWriting = false;
  private hurry: () => void = () => undefined;
  private readonly closed = new AbortController();
  /** Why the last batch could not be written. */
  fault: Error | undefined;

  constructor(private readonly options: BatchWriterOptions) {}

  /** Calls `stored` when the record is in the database, or was refused for good. */
  add(record: DeliveryRecord, stored: () => void): void {
    this.queue.push({ record, stored });
    if (this.queue.length >= this.options.enough) this.hurry();
    if (!this.isWriting) void this.writeAll();
  }

  /** Gives up on what could not be written. */
  close(): void {
    this.closed.abort();
  }

  private async writeAll(): Promise<void> {
    this.isWriting = true;
    const backoff = new Backoff(this.closed.signal);
    while (this.queue.length > 0) {
      await this.enoughOrLate();
      const batch = this.queue.slice(0, batchSize(this.queue));
      try {
        await this.write(batch.map(({ record }) => record));
      } catch (error) {
        this.fault ??= this.told(error as Error);
        if (await backoff.wait()) continue;
        return;
      }
      this.queue = this.queue.slice(batch.length);
      this.fault = undefined;
      backoff.reset();
      for (const { stored } of batch) stored();
    }
    this.isWriting = false;
  }

  // Not an AbortSignal: the error that each abort makes, with its stack, took 5 % of a busy worker's time.
  private async enoughOrLate(): Promise<void> {
    if (this.queue.length >= this.options.enough) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => resolve(undefined), LINGER_MS);
    this.hurry = () => resolve(undefined);
    await promise;
    clearTimeout(timer);
  }

  private async write(records: readonly DeliveryRecord[]): Promise<void> {
    try {
      await this.options.store(records);
    } catch (error) {
      if (!isRefusal(error as Error)) throw error;
      await this.writeHalves(records, error as Error);
    }
  }

  private async writeHalves(records: readonly DeliveryRecord[], error: Error): Promise<void> {
    const [first] = records;
    if (records.length === 1 && first !== undefined) {
      await this.options.refused(first, error);
      return;
    }
    const middle = records.length >> 1;
    await this.write(records.slice(0, middle));
    await this.write(records.slice(middle));
  }

  private told(error: Error): Error {
    this.options.onFault(error, this.queue.length);
    return error;
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
