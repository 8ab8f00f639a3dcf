/** An endpoint that fails for an hour or longer. */
export interface FailureRow {
  readonly app_id: string;
  readonly failing_since: Date;
  readonly failing_for_ms: number;
  readonly quiet_for_ms: number;
  readonly tried: number;
  readonly warned: number[];
  readonly signaled_revision: string | null;
}

export const LIST_FAILURES = {
  name: 'list-failures',
  text: `
SELECT
  app_id, failing_since, signaled_revision, cardinality(tried) AS tried,
  (extract(epoch FROM now() - failing_since) * 1000)::float8 AS failing_for_ms,
  (extract(epoch FROM now() - coalesce(last_failure_at, failing_since)) * 1000)::float8 AS quiet_for_ms,
  ARRAY(
    SELECT hours FROM endpoint_warning AS warning
    WHERE warning.app_id = health.app_id AND warning.failing_since = health.failing_since
  ) AS warned
FROM endpoint_health AS health
WHERE failing_since <= now() - interval '1 hour'`,
};

/** Of several workers that warn of the same, one gets the row back. */
export const WARN = `
INSERT INTO endpoint_warning (app_id, failing_since, hours, warned_at)
SELECT $1, $2, hours, now() FROM unnest($3::int[]) AS hours
ON CONFLICT DO NOTHING
RETURNING hours`;

// The registry's answer takes a moment; should the signal be lost on its way, it is given again.
export const SIGNAL = `
UPDATE endpoint_health SET signaled_revision = $3, signaled_at = now()
WHERE app_id = $1 AND failing_since = $2 AND (signaled_at IS NULL OR signaled_at < now() - interval '10 minutes')
RETURNING app_id`;

/** What nobody asks for any more: see GET …/webhook/health for the spans, and the log's own 30 days. */
export const RETAIN = [
  `DELETE FROM endpoint_traffic WHERE span_seconds = 60 AND starts_at < now() - interval '2 hours'`,
  `DELETE FROM endpoint_traffic WHERE span_seconds = 3600 AND starts_at < now() - interval '2 days'`,
  `DELETE FROM endpoint_warning WHERE warned_at < now() - interval '30 days'`,
];

/** An app without an endpoint has no health. */
export const FORGET = ['endpoint_health', 'endpoint_warning', 'endpoint_traffic'].map((table) => `DELETE FROM ${table} WHERE app_id = $1`);
