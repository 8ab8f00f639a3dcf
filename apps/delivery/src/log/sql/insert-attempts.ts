import type { AttemptRecord, DeliveryRecord } from '../delivery-record.ts';
import { columnsOf } from './columns.ts';

// signed_with is an array in each row, and unnest flattens arrays of arrays: ids, which have no commas, travel joined.
const TEXT = `
INSERT INTO attempt (
  id, delivery_id, created_at, number, url, started_at, duration_ms, status_code, error_category, response_headers, response_body,
  truncated, signed_with, retry_after_seconds
)
SELECT
  id, delivery_id, to_timestamp(created_ms / 1000), number, url, to_timestamp(started_ms / 1000), duration_ms, status_code, error_category,
  response_headers::jsonb, response_body, truncated, string_to_array(signed_with, ','), retry_after_seconds
FROM unnest(
  $1::text[], $2::text[], $3::float8[], $4::int[], $5::text[], $6::float8[], $7::int[], $8::int[], $9::text[], $10::text[], $11::bytea[],
  $12::bool[], $13::text[], $14::int[]
) AS row (
  id, delivery_id, created_ms, number, url, started_ms, duration_ms, status_code, error_category, response_headers, response_body,
  truncated, signed_with, retry_after_seconds
)
ON CONFLICT DO NOTHING`;

interface Row {
  readonly record: DeliveryRecord;
  readonly attempt: AttemptRecord;
}

/** The attempts among the records, or undefined when there are none. */
export function insertAttempts(records: readonly DeliveryRecord[]): { name: string; text: string; values: unknown[][] } | undefined {
  const rows = records.flatMap((record) => (record.attempt === undefined ? [] : [{ record, attempt: record.attempt }]));
  return rows.length === 0 ? undefined : { name: 'insert-attempts', text: TEXT, values: columnsOf(rows, cells) };
}

function cells({ record: { delivery }, attempt }: Row): unknown[] {
  return [
    attempt.id,
    delivery.id,
    delivery.createdAtMs,
    attempt.number,
    attempt.url,
    attempt.startedAtMs,
    Math.round(attempt.durationMs),
    attempt.statusCode,
    attempt.errorCategory,
    storableJson(attempt.responseHeaders),
    attempt.responseBody,
    attempt.truncated,
    attempt.signedWith.join(','),
    attempt.retryAfterMs === undefined ? null : Math.round(attempt.retryAfterMs / 1000),
  ];
}

/** PostgreSQL's jsonb refuses NUL, and an endpoint must not be able to make a whole batch unstorable. */
function storableJson(headers: Readonly<Record<string, string>>): string {
  return JSON.stringify(headers, (_name, value: unknown) => (typeof value === 'string' ? value.replaceAll('\0', '') : value));
}
