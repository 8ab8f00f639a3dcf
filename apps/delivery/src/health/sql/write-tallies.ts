import type { Statement } from '../../log/sql/statement.ts';
import { DELIVERIES_TRIED, type Tally } from '../tallies.ts';

// Pauses, not times, come from the worker: its clock may be wrong (row T1 of the fault table). `tried` travels joined: unnest flattens arrays.
const HEALTH = `
INSERT INTO endpoint_health AS health (app_id, since_revision, failing_since, tried, last_failure_at, last_success_at)
SELECT
  app_id, revision, now() - failing_for_ms * interval '1 ms', string_to_array(tried, ','),
  now() - failed_before_ms * interval '1 ms', now() - succeeded_before_ms * interval '1 ms'
FROM unnest($1::text[], $2::bigint[], $3::float8[], $4::text[], $5::float8[], $6::float8[])
  AS tally (app_id, revision, failing_for_ms, tried, failed_before_ms, succeeded_before_ms)
ON CONFLICT (app_id) DO UPDATE SET
  failing_since = CASE
    WHEN excluded.failing_since IS NULL THEN CASE WHEN excluded.last_success_at IS NULL THEN health.failing_since END
    WHEN excluded.last_success_at IS NULL AND health.failing_since IS NOT NULL THEN health.failing_since
    ELSE greatest(excluded.failing_since, health.last_success_at)
  END,
  tried = CASE
    WHEN excluded.last_success_at IS NOT NULL THEN excluded.tried
    ELSE (
      SELECT coalesce(array_agg(id), '{}') FROM (
        SELECT id FROM unnest(health.tried || excluded.tried) WITH ORDINALITY AS known (id, place)
        GROUP BY id ORDER BY min(place) LIMIT ${DELIVERIES_TRIED}
      ) AS first
    )
  END,
  last_failure_at = greatest(health.last_failure_at, excluded.last_failure_at),
  last_success_at = greatest(health.last_success_at, excluded.last_success_at)
WHERE excluded.since_revision >= health.since_revision`;

const RESTARTS = `
INSERT INTO endpoint_health AS health (app_id, since_revision, tried)
SELECT app_id, revision, '{}' FROM unnest($1::text[], $2::bigint[]) AS restart (app_id, revision)
ON CONFLICT (app_id) DO UPDATE SET
  since_revision = excluded.since_revision, failing_since = NULL, tried = '{}', last_failure_at = NULL,
  signaled_revision = NULL, signaled_at = NULL
WHERE excluded.since_revision > health.since_revision`;

/** Attempts are counted twice: by the minute for the short spans, by the hour for the long one. */
export const MINUTE_SECONDS = 60;
export const HOUR_SECONDS = 3600;

const TRAFFIC = `
INSERT INTO endpoint_traffic AS traffic (app_id, span_seconds, starts_at, succeeded, failed)
SELECT app_id, seconds, to_timestamp(floor(extract(epoch FROM now()) / seconds) * seconds), succeeded, failed
FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS tally (app_id, succeeded, failed)
CROSS JOIN (VALUES (${MINUTE_SECONDS}), (${HOUR_SECONDS})) AS span (seconds)
ORDER BY app_id, seconds
ON CONFLICT (app_id, span_seconds, starts_at) DO UPDATE SET
  succeeded = traffic.succeeded + excluded.succeeded, failed = traffic.failed + excluded.failed`;

/** What writes tallies down. They are sorted by app, so that two workers rarely wait for each other. */
export function writeTallies(tallies: readonly Tally[], nowMs: number): Statement[] {
  const restarts = tallies.filter(({ isRestart }) => isRestart);
  const tried = tallies.filter(({ succeeded, failed }) => succeeded + failed > 0);
  return [
    ...(restarts.length === 0 ? [] : [{ name: 'restart-health', text: RESTARTS, values: [appsOf(restarts), revisionsOf(restarts)] }]),
    ...(tried.length === 0 ? [] : [healthOf(tried, nowMs), trafficOf(tried)]),
  ];
}

function healthOf(tallies: readonly Tally[], nowMs: number): Statement {
  const ago = (ms: number | undefined): number | null => (ms === undefined ? null : nowMs - ms);
  const values = [
    appsOf(tallies),
    revisionsOf(tallies),
    tallies.map(({ failingSinceMs }) => ago(failingSinceMs)),
    tallies.map(({ tried }) => tried.join(',')),
    tallies.map(({ lastFailureMs }) => ago(lastFailureMs)),
    tallies.map(({ lastSuccessMs }) => ago(lastSuccessMs)),
  ];
  return { name: 'write-health', text: HEALTH, values };
}

function trafficOf(tallies: readonly Tally[]): Statement {
  const values = [appsOf(tallies), tallies.map(({ succeeded }) => succeeded), tallies.map(({ failed }) => failed)];
  return { name: 'write-traffic', text: TRAFFIC, values };
}

function appsOf(tallies: readonly Tally[]): string[] {
  return tallies.map(({ appId }) => appId);
}

function revisionsOf(tallies: readonly Tally[]): string[] {
  return tallies.map(({ revision }) => String(revision));
}
