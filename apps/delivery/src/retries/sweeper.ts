import { Backoff } from '@hookwright/kafka';
import type { Logger } from '@hookwright/runtime';
import type pg from 'pg';
import { deliveriesRecorded } from '../metrics.ts';
import { SWEEP_ROWS, type Sweep, sweepOnce } from './sql/sweep.ts';

const EXPIRED_EVERY_MS = 60 * 60 * 1000;

/**
 * Ends waiting deliveries after an uninstall, a deletion or a disabling, and those too old to be sent: one sweep at a time, for ever when
 * Postgres is away.
 */
export class Sweeper {
  private readonly queue = new Map<string, Sweep>();
  private readonly stopped = new AbortController();
  private running: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly pool: pg.Pool,
    private readonly logger: Logger,
  ) {}

  /** From now on, what has expired is looked for once an hour. */
  start(): void {
    this.add({ of: 'expired' });
    this.timer = setInterval(() => this.add({ of: 'expired' }), EXPIRED_EVERY_MS);
    this.timer.unref();
  }

  /** The same sweep asked for again while it waits is done once. */
  add(sweep: Sweep): void {
    this.queue.set(keyOf(sweep), sweep);
    if (!this.stopped.signal.aborted) this.running ??= this.run();
  }

  /** Another worker, or the next look at what is due, does the rest. */
  async stop(): Promise<void> {
    this.stopped.abort();
    clearInterval(this.timer);
    await this.running;
  }

  private async run(): Promise<void> {
    // Further sweeps of the same moment join in.
    await Promise.resolve();
    for (const [key, sweep] of this.queue) {
      this.queue.delete(key);
      await this.finish(sweep);
      if (this.stopped.signal.aborted) break;
    }
    this.running = undefined;
  }

  private async finish(sweep: Sweep): Promise<void> {
    const backoff = new Backoff(this.stopped.signal);
    do {
      try {
        const ended = await sweepAll(this.pool, sweep);
        if (ended > 0) this.logger.info({ ...sweep, ended }, 'deliveries.swept');
        return;
      } catch (error) {
        this.logger.warn({ reason: (error as Error).message }, 'sweep.waiting');
      }
    } while (await backoff.wait());
  }
}

/** Ends all of them, by as many statements as it takes. How many it were. */
export async function sweepAll(pool: pg.Pool, sweep: Sweep): Promise<number> {
  let ended = 0;
  let last = SWEEP_ROWS;
  while (last === SWEEP_ROWS) {
    const { rowCount } = await pool.query(sweepOnce(sweep));
    last = rowCount ?? 0;
    ended += last;
    deliveriesRecorded.inc({ outcome: outcomeOf(sweep) }, last);
  }
  return ended;
}

function keyOf(sweep: Sweep): string {
  if (sweep.of === 'expired') return sweep.of;
  if (sweep.of === 'merchant') return `merchant ${sweep.merchantId}`;
  return sweep.of === 'app' ? sweep.appId : sweep.installationId;
}

function outcomeOf(sweep: Sweep): string {
  if (sweep.of === 'expired') return 'failed';
  return sweep.of === 'app' ? sweep.status : 'canceled';
}
