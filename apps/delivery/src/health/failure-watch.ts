import { type EndpointSnapshot, EndpointStatus } from '@hookwright/contracts';
import type { Logger } from '@hookwright/runtime';
import type pg from 'pg';
import { endpointWarnings } from '../metrics.ts';
import { judgeFailure } from './failure-rule.ts';
import { type FailureRow, LIST_FAILURES, RETAIN, SIGNAL, WARN } from './sql/failures.ts';

export interface FailureWatchOptions {
  readonly pool: pg.Pool;
  readonly logger: Logger;
  readonly endpointOf: (appId: string) => EndpointSnapshot | undefined;
  /** The endpoint fails for so long that the registry should disable it. */
  readonly onSustainedFailure: (endpoint: EndpointSnapshot) => void;
  /** The endpoint was enabled again while no worker ran. */
  readonly onRestart: (endpoint: EndpointSnapshot) => void;
}

const EVERY_MS = 60_000;
const RETAIN_EVERY = 10;

/** Looks once a minute which endpoints fail for long, warns of them, and has those disabled that fail for too long. Every worker does; the database says who was first. */
export class FailureWatch {
  private timer: NodeJS.Timeout | undefined;
  private looks = 0;

  constructor(private readonly options: FailureWatchOptions) {}

  start(): void {
    this.timer = setInterval(() => void this.lookSafely(), EVERY_MS);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** One look; rejects when the database is away. */
  async look(): Promise<void> {
    const { rows } = await this.options.pool.query<FailureRow>(LIST_FAILURES);
    for (const row of rows) await this.judge(row);
    if (this.looks++ % RETAIN_EVERY === 0) for (const text of RETAIN) await this.options.pool.query(text);
  }

  private async lookSafely(): Promise<void> {
    try {
      await this.look();
    } catch (error) {
      // The next look is in a minute.
      this.options.logger.warn({ reason: (error as Error).message }, 'failure_watch.waiting');
    }
  }

  private async judge(row: FailureRow): Promise<void> {
    const endpoint = this.options.endpointOf(row.app_id);
    // Nothing is sent to any other: that it does not succeed says nothing.
    if (endpoint?.status !== EndpointStatus.ENABLED) return;
    if (row.signaled_revision !== null && endpoint.revision > BigInt(row.signaled_revision)) {
      this.options.onRestart(endpoint);
      return;
    }
    const { failing_for_ms: failingForMs, quiet_for_ms: quietForMs, tried, warned } = row;
    const judgement = judgeFailure({ failingForMs, quietForMs, tried, warned });
    if (judgement.warn.length > 0) await this.warn(row, judgement.warn);
    if (judgement.disable) await this.signal(row, endpoint);
  }

  private async warn({ app_id: appId, failing_since: since }: FailureRow, hours: readonly number[]): Promise<void> {
    const { rows } = await this.options.pool.query<{ hours: number }>(WARN, [appId, since, hours]);
    for (const { hours: warned } of rows) {
      endpointWarnings.inc({ hours: warned });
      this.options.logger.warn({ app_id: appId, failing_since: since.toISOString(), hours: warned }, 'endpoint.failing');
    }
  }

  private async signal({ app_id: appId, failing_since: since }: FailureRow, endpoint: EndpointSnapshot): Promise<void> {
    const { rowCount } = await this.options.pool.query(SIGNAL, [appId, since, String(endpoint.revision)]);
    if (rowCount === 1) this.options.onSustainedFailure(endpoint);
  }
}
