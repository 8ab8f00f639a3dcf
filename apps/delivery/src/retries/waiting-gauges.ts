import type { Logger } from '@hookwright/runtime';
import type pg from 'pg';
import { IS_KEPT } from '../log/sql/kept.ts';
import { deliveriesWaiting, oldestPendingSeconds } from '../metrics.ts';

const EVERY_MS = 30_000;
// More are not counted: 100,000 rows are counted in about 50 ms, and a million behind one alarm says no more than a hundred thousand.
const MOST_COUNTED = 100_000;

const COUNT = {
  name: 'count-waiting',
  text: `
SELECT CASE WHEN reason = '' THEN 'retry' ELSE reason END AS reason, count(*)::int AS waiting
FROM (SELECT reason FROM delivery WHERE next_attempt_at IS NOT NULL AND ${IS_KEPT} LIMIT ${MOST_COUNTED}) AS counted
GROUP BY 1`,
};

const OLDEST = {
  name: 'oldest-waiting',
  text: `
SELECT extract(epoch FROM now() - created_at)::float8 AS seconds FROM delivery
WHERE next_attempt_at IS NOT NULL AND ${IS_KEPT} ORDER BY created_at LIMIT 1`,
};

/** What waits in the database, as metrics: how much for which reason (up to a bound), and for how long. Each worker says the same. */
export class WaitingGauges {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly pool: pg.Pool,
    private readonly logger: Logger,
  ) {}

  start(): void {
    void this.lookSafely();
    this.timer = setInterval(() => void this.lookSafely(), EVERY_MS);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** One look; rejects when the database is away. */
  async look(): Promise<void> {
    const { rows } = await this.pool.query<{ reason: string; waiting: number }>(COUNT);
    const oldest = await this.pool.query<{ seconds: number }>(OLDEST);
    deliveriesWaiting.reset();
    for (const { reason, waiting } of rows) deliveriesWaiting.set({ reason }, waiting);
    oldestPendingSeconds.set(oldest.rows[0]?.seconds ?? 0);
  }

  private async lookSafely(): Promise<void> {
    try {
      await this.look();
    } catch (error) {
      this.logger.debug({ reason: (error as Error).message }, 'waiting_gauges.stale');
    }
  }
}
