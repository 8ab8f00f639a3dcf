import type { AttemptRecord } from './delivery-record.ts';

/** An attempt as the database keeps it: one JSON value, because nothing looks into it but the list of a delivery's attempts. */
export type StoredAttempt = Omit<AttemptRecord, 'responseBody' | 'statusCode' | 'retryAfterMs'> & {
  readonly statusCode?: number;
  /** Base64. */
  readonly responseBody: string;
  readonly retryAfterMs?: number;
};

/** The attempt as JSON text. NUL and half surrogates, which PostgreSQL's text refuses, are escapes in it: its `json` takes them. */
export function storedAttempt(attempt: AttemptRecord): string {
  return JSON.stringify({ ...attempt, durationMs: Math.round(attempt.durationMs), responseBody: attempt.responseBody.toString('base64') });
}

/** The attempt that storedAttempt wrote, as JSON.parse gives it. */
export function attemptOf({ responseBody, ...stored }: StoredAttempt): AttemptRecord {
  return { statusCode: undefined, retryAfterMs: undefined, ...stored, responseBody: Buffer.from(responseBody, 'base64') };
}
