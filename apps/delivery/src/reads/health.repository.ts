import type pg from 'pg';
import { HOUR_SECONDS, MINUTE_SECONDS } from '../health/sql/write-tallies.ts';
import { IS_KEPT } from '../log/sql/kept.ts';

/** Attempts of a span of time. */
export interface TrafficRow {
  readonly succeeded: number;
  readonly failed: number;
}

export interface BacklogRow {
  readonly waiting: number;
  /** Null: nothing waits. */
  readonly oldest_seconds: number | null;
}

export interface WarningRow {
  readonly hours: number;
  readonly failing_since: Date;
  readonly warned_at: Date;
}

/** A backlog is counted so far: 100,000 entries of the waiting index take about 50 ms. */
export const MOST_COUNTED = 100_000;

const sums = (span: string, where: string): string => `
  coalesce(sum(succeeded) FILTER (WHERE ${where}), 0)::float8 AS ${span}_succeeded,
  coalesce(sum(failed) FILTER (WHERE ${where}), 0)::float8 AS ${span}_failed`;

// At most 60 rows of minutes and 24 of hours. Summing the log itself would read every delivery of a day.
const TRAFFIC = `
SELECT
  ${sums('five_minutes', `span_seconds = ${MINUTE_SECONDS} AND starts_at > now() - interval '5 minutes'`)},
  ${sums('hour', `span_seconds = ${MINUTE_SECONDS}`)},
  ${sums('day', `span_seconds = ${HOUR_SECONDS}`)}
FROM endpoint_traffic
WHERE app_id = $1 AND (
  (span_seconds = ${MINUTE_SECONDS} AND starts_at > now() - interval '1 hour')
  OR (span_seconds = ${HOUR_SECONDS} AND starts_at > now() - interval '1 day')
)`;

// In the order of the waiting index, so that the planner takes that and not one with other apps' rows in it.
const BACKLOG = `
SELECT count(*)::int AS waiting, extract(epoch FROM now() - min(created_at))::float8 AS oldest_seconds
FROM (
  SELECT created_at FROM delivery
  WHERE app_id = $1 AND next_attempt_at IS NOT NULL AND ${IS_KEPT}
  ORDER BY next_attempt_at LIMIT ${MOST_COUNTED + 1}
) AS waiting`;

const FAILING_SINCE = `SELECT failing_since FROM endpoint_health WHERE app_id = $1 AND failing_since IS NOT NULL`;

const WARNINGS = `
SELECT hours, warning.failing_since, warned_at FROM endpoint_warning AS warning
JOIN endpoint_health AS health ON health.app_id = warning.app_id AND health.failing_since = warning.failing_since
WHERE warning.app_id = $1 ORDER BY hours`;

type Spans = 'five_minutes' | 'hour' | 'day';

/** What the database knows of an endpoint's health. */
export class HealthRepository {
  constructor(private readonly pool: pg.Pool) {}

  async traffic(appId: string): Promise<Record<Spans, TrafficRow>> {
    const { rows } = await this.pool.query<Record<`${Spans}_${keyof TrafficRow}`, number>>(TRAFFIC, [appId]);
    const of = (span: Spans): TrafficRow => ({
      succeeded: rows[0]?.[`${span}_succeeded`] ?? 0,
      failed: rows[0]?.[`${span}_failed`] ?? 0,
    });
    return { five_minutes: of('five_minutes'), hour: of('hour'), day: of('day') };
  }

  async backlog(appId: string): Promise<BacklogRow> {
    const { rows } = await this.pool.query<BacklogRow>(BACKLOG, [appId]);
    return rows[0] ?? { waiting: 0, oldest_seconds: null };
  }

  async failingSince(appId: string): Promise<Date | undefined> {
    const { rows } = await this.pool.query<{ failing_since: Date }>(FAILING_SINCE, [appId]);
    return rows[0]?.failing_since;
  }

  /** Of the failure that goes on. */
  async warnings(appId: string): Promise<WarningRow[]> {
    return (await this.pool.query<WarningRow>(WARNINGS, [appId])).rows;
  }
}
