import { waited } from '@hookwright/kafka';
import { openPool } from '@hookwright/postgres';
import { type Logger, Problem } from '@hookwright/runtime';
import type { OnApplicationBootstrap, OnApplicationShutdown, OnModuleDestroy } from '@nestjs/common';
import type pg from 'pg';
import { sweepAll } from '../retries/sweeper.ts';
import { eraseSlice } from './erase-slice.ts';
import { type Erasure, ErasureTable } from './erasure-table.ts';
import { deliveryPartitions, scanPartition } from './partition-scan.ts';

export interface MerchantErasuresOptions {
  /** The log's. */
  readonly pool: pg.Pool;
  readonly databaseUrl: string;
  readonly logger: Logger;
  readonly lookEveryMs?: number;
  /** From the time up to which events are erased. */
  readonly secondLookAfterMs?: number;
}

const LOOK_EVERY_MS = 5000;
// What a worker was behind with, or had in flight, when the first look passed by is in the log by then.
const SECOND_LOOK_AFTER_MS = 600_000;
// Longer than a request and its record take.
const IN_FLIGHT_MS = 60_000;
// A second look goes back this far: what is recorded late was made shortly before.
const SECOND_LOOK_DAYS = 2;
const DAY_MS = 86_400_000;
// There is no index by merchant: a day of 10 million deliveries is read from its beginning to its end, which takes a minute from disk.
const SCAN_MS = 600_000;
const CONNECT_MS = 2000;
const IDLE_MS = 60_000;
// One worker at a time erases. Any constant does.
const LOCK_KEY = 7_316_203;
const MERCHANT_ID = /^[A-Za-z0-9_.:-]{1,64}$/;

/**
 * Takes merchants' events out of the log: what waits of them is canceled, then their bodies and what was answered to them go, day by day.
 * By a connection of its own, whose end, however it comes, lets another worker go on with the day that was not finished.
 */
export class MerchantErasures implements OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown {
  private readonly stopping = new AbortController();
  private readonly table: ErasureTable;
  private readonly scans: pg.Pool;
  private running: Promise<void> = Promise.resolve();
  private reason: string | undefined;

  constructor(private readonly options: MerchantErasuresOptions) {
    this.table = new ErasureTable(options.pool);
    this.scans = openPool({
      url: options.databaseUrl,
      applicationName: 'hookwright-delivery-erasure',
      logger: options.logger,
      connections: 1,
      connectMs: CONNECT_MS,
      statementMs: SCAN_MS,
      idleInTransactionMs: IDLE_MS,
      settings: { jit: 'off' },
    });
  }

  onApplicationBootstrap(): void {
    this.running = this.run();
  }

  /** Does not wait: the worker is drained in the module's own hook, which Nest calls after its providers' (row R2 of the fault table). */
  onModuleDestroy(): void {
    this.stopping.abort();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.running;
    await this.scans.end();
  }

  /** When it was done; undefined: it is going on. */
  async erase(merchantId: string, untilMs: number): Promise<number | undefined> {
    if (!MERCHANT_ID.test(merchantId)) throw new Problem('invalid_field', 'merchant_id: must be 1 to 64 of A-Za-z0-9_.:-');
    return await this.table.put(merchantId, untilMs);
  }

  private async run(): Promise<void> {
    const { logger, lookEveryMs = LOOK_EVERY_MS } = this.options;
    do {
      try {
        if ((await this.table.nextDue()) !== undefined) await this.eraseDue();
        this.reason = undefined;
      } catch (error) {
        const { message } = error as Error;
        if (message !== this.reason) logger.warn({ reason: message }, 'merchant_erasure.waiting');
        this.reason = message;
      }
    } while (await waited(lookEveryMs, this.stopping.signal));
  }

  private async eraseDue(): Promise<void> {
    const client = await this.scans.connect();
    if (this.isStopping()) {
      client.release(true);
      return;
    }
    // A day without a row of his is read to its end before anything is heard of it: a worker that stops does not wait for that.
    const drop = (): void => client.release(true);
    this.stopping.signal.addEventListener('abort', drop, { once: true });
    try {
      const { rows } = await client.query<{ is_ours: boolean }>('SELECT pg_try_advisory_lock($1) AS is_ours', [LOCK_KEY]);
      if (rows[0]?.is_ours !== true) return;
      for (let due = await this.table.nextDue(); due !== undefined && !this.isStopping(); due = await this.table.nextDue()) {
        await this.look(client, due);
      }
    } finally {
      this.stopping.signal.removeEventListener('abort', drop);
      // The lock, and a scan that failed, end with the connection.
      if (!this.isStopping()) client.release(true);
    }
  }

  private async look(client: pg.PoolClient, erasure: Erasure): Promise<void> {
    const { pool, logger, secondLookAfterMs = SECOND_LOOK_AFTER_MS } = this.options;
    const { merchantId, untilMs, look } = erasure;
    const canceled = await sweepAll(pool, { of: 'merchant', merchantId, untilMs });
    let erased = 0;
    for (const partition of partitionsOf(erasure, await deliveryPartitions(client))) {
      await scanPartition(client, {
        partition,
        erasure,
        onSlice: async (found) => {
          // Given up in the midst of a day: it is done anew.
          if (this.isStopping()) throw new Error('the worker is stopping');
          await eraseSlice(pool, found);
          erased += found.length;
        },
      });
      await this.table.isThrough(erasure, partition);
      if (this.isStopping()) return;
    }
    logger.info({ merchant_id: merchantId, look, canceled, erased }, 'merchant_erasure.looked');
    if (look === 1) await this.table.lookAgain(erasure, Math.max(0, untilMs + secondLookAfterMs - Date.now()));
    else if (await this.table.isAnyInFlight(erasure)) await this.table.lookAgain(erasure, IN_FLIGHT_MS);
    else await this.table.finish(erasure);
  }

  private isStopping(): boolean {
    return this.stopping.signal.aborted;
  }
}

/** Those that are still to be looked at. Named after their days, so that they sort as these do; the default one comes last. */
function partitionsOf({ look, through, untilMs }: Erasure, all: readonly string[]): string[] {
  const left = all.filter((partition) => partition > through);
  if (look === 1) return left;
  const from = new Date(untilMs - SECOND_LOOK_DAYS * DAY_MS).toISOString().slice(0, 10).replaceAll('-', '');
  return left.filter((partition) => partition >= `delivery_${from}`);
}
