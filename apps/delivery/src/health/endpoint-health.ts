import type { EndpointSnapshot } from '@hookwright/contracts';
import { inTransaction } from '@hookwright/postgres';
import type { Logger } from '@hookwright/runtime';
import type pg from 'pg';
import { writeTallies } from './sql/write-tallies.ts';
import { FORGET } from './sql/failures.ts';
import { type Noted, Tallies, type Tally } from './tallies.ts';

const LOOK_EVERY_MS = 5000;
const ROWS = 1000;

/**
 * Remembers, for all workers and over restarts, how each endpoint fares: since when it fails, how many attempts succeeded. Counted in
 * memory, written down next to the log: a worker that dies takes a minute's counts with it.
 */
export class EndpointHealth {
  private readonly tallies: Tallies;
  private readonly clock: () => number;
  private readonly removed = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> | undefined;
  private isFaulty = false;

  constructor(
    private readonly pool: pg.Pool,
    private readonly logger: Logger,
    clock: () => number = () => performance.now(),
  ) {
    this.clock = clock;
    this.tallies = new Tallies(clock);
  }

  start(): void {
    this.timer = setInterval(() => void this.write(), LOOK_EVERY_MS);
    this.timer.unref();
  }

  /** An attempt was recorded; undefined: nothing that counts. */
  note(noted: Noted | undefined): void {
    if (noted !== undefined) this.tallies.note(noted);
  }

  /** The endpoint was enabled, resumed, or has another URL: what was learnt before does not count. */
  restart({ appId, revision }: Pick<EndpointSnapshot, 'appId' | 'revision'>): void {
    this.tallies.restart(appId, revision);
  }

  /** The app has no endpoint any more. */
  remove(appId: string): void {
    this.removed.add(appId);
  }

  /** Writes down what is due. Never rejects: what cannot be written counts the next time. */
  async write(which: 'due' | 'all' = 'due'): Promise<void> {
    // One at a time: a database that is away must not gather writers.
    if (this.writing !== undefined) await this.writing;
    else await (this.writing = this.writeNow(which).finally(() => (this.writing = undefined)));
  }

  /** Writes down the rest. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.writing;
    await this.write('all');
  }

  private async writeNow(which: 'due' | 'all'): Promise<void> {
    const tallies = this.tallies.take(which);
    for (let at = 0; at < tallies.length; at += ROWS) {
      if (!(await this.writeSome(tallies.slice(at, at + ROWS)))) {
        this.tallies.giveBack(tallies.slice(at));
        return;
      }
    }
    await this.forgetRemoved();
  }

  private async writeSome(tallies: readonly Tally[]): Promise<boolean> {
    return await this.trying(() =>
      inTransaction(this.pool, async (client) => {
        for (const statement of writeTallies(tallies, this.clock())) await client.query(statement);
      }),
    );
  }

  private async forgetRemoved(): Promise<void> {
    for (const appId of this.removed) {
      if (!(await this.trying(() => inTransaction(this.pool, (client) => forget(client, appId))))) return;
      this.removed.delete(appId);
    }
  }

  private async trying(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      this.isFaulty = false;
      return true;
    } catch (error) {
      if (!this.isFaulty) this.logger.warn({ reason: (error as Error).message }, 'health.waiting');
      this.isFaulty = true;
      return false;
    }
  }
}

async function forget(client: pg.PoolClient, appId: string): Promise<void> {
  for (const text of FORGET) await client.query(text, [appId]);
}
