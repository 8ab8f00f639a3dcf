import type pg from 'pg';

export interface WaitingRows {
  /** `count` rows for each. */
  readonly appIds: readonly string[];
  readonly count: number;
  readonly reason?: string;
  /** How long ago the first was made; each next one a millisecond later. */
  readonly oldestAgoMs?: number;
  /** Until they are due; without it they are due since they were made. */
  readonly dueInMs?: number;
}

/** Puts deliveries that wait straight into the database: as many as a spec about backlogs needs, in one statement. All share one event. */
export async function insertWaiting(
  pool: pg.Pool,
  { appIds, count, reason = 'lane_full', oldestAgoMs = 60_000, dueInMs }: WaitingRows,
): Promise<void> {
  await pool.query(
    `INSERT INTO delivery (id, created_at, app_id, event_id, event_type, source, merchant_id, installation_id, generation, trigger, status,
       reason, attempt_count, next_attempt_at)
     SELECT 'dlv_' || md5(app_id || n), made.at, app_id, 'evt_waiting', 'order.created', 'installed_merchants', 'mer_' || n % 7, 'ins_' || app_id, 1,
       'event', 'pending', $3, 0, CASE WHEN $5::float8 IS NULL THEN made.at ELSE now() + $5::float8 * interval '1 ms' END
     FROM unnest($1::text[]) AS app_id CROSS JOIN generate_series(0, $2::int - 1) AS n
     CROSS JOIN LATERAL (SELECT now() - ($4::float8 - n) * interval '1 ms' AS at) AS made`,
    [appIds, count, reason, oldestAgoMs, dueInMs ?? null],
  );
}
