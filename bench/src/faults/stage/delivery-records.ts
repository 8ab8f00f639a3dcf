import pg from 'pg';

/** An attempt as the system recorded it. */
export interface RecordedAttempt {
  readonly deliveryId: string;
  readonly appId: string;
  readonly number: number;
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly statusCode: number | null;
  readonly category: string;
  /** The sentence that tells the partner why; empty where the system keeps none. */
  readonly detail: string;
  readonly bodyBytes: number;
}

/** A delivery as it stands. */
export interface RecordedDelivery {
  readonly id: string;
  readonly appId: string;
  readonly status: string;
  readonly reason: string;
  readonly attemptCount: number;
  /** null: it waits for nothing. */
  readonly nextAttemptAtMs: number | null;
}

// The first attempt lies in the delivery's row, unless it was made when there was one already. json has no equality: text for UNION.
const ATTEMPTS = `
SELECT id AS "deliveryId", app_id AS "appId", first_attempt::text AS attempt FROM delivery WHERE app_id = ANY($1) AND first_attempt IS NOT NULL
UNION
SELECT d.id, d.app_id, a.attempt::text FROM attempt a JOIN delivery d ON d.id = a.delivery_id AND d.created_at = a.created_at
WHERE d.app_id = ANY($1)`;

/** apps/delivery, stored-attempt.ts. */
interface StoredAttempt {
  readonly number: number;
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly statusCode?: number;
  readonly errorCategory: string;
  readonly errorDetail?: string;
  readonly responseBody: string;
}

const DELIVERIES = `
SELECT id, app_id AS "appId", status, reason, attempt_count AS "attemptCount",
  extract(epoch FROM next_attempt_at)::float8 * 1000 AS "nextAttemptAtMs"
FROM delivery WHERE app_id = ANY($1)`;

const WAITING = 'SELECT count(*) FROM delivery WHERE app_id = $1 AND next_attempt_at IS NOT NULL';

const STATUSES = 'SELECT status, count(*) FROM delivery WHERE app_id = $1 GROUP BY status';

/** What the database hookwright_delivery says, read as an operator would. */
export class DeliveryRecords {
  readonly #pool: pg.Pool;

  constructor(databaseUrl: string) {
    this.#pool = new pg.Pool({ connectionString: databaseUrl, max: 2 });
    // A store that a row ends is no error of the row.
    this.#pool.on('error', () => undefined);
  }

  async attempts(...appIds: readonly string[]): Promise<readonly RecordedAttempt[]> {
    const { rows } = await this.#pool.query<{ deliveryId: string; appId: string; attempt: string }>(ATTEMPTS, [appIds]);
    const attempts = rows.map(({ deliveryId, appId, attempt }) => recorded({ deliveryId, appId }, JSON.parse(attempt) as StoredAttempt));
    return attempts.sort((a, b) => a.startedAtMs - b.startedAtMs);
  }

  async deliveries(...appIds: readonly string[]): Promise<readonly RecordedDelivery[]> {
    return (await this.#pool.query<RecordedDelivery>(DELIVERIES, [appIds])).rows;
  }

  /** How many deliveries of the app have each status. */
  async statuses(appId: string): Promise<Readonly<Record<string, number>>> {
    const { rows } = await this.#pool.query<{ status: string; count: string }>(STATUSES, [appId]);
    return Object.fromEntries(rows.map(({ status, count }) => [status, Number(count)]));
  }

  /** Deliveries of the app that wait for an attempt. */
  async waiting(appId: string): Promise<number> {
    const { rows } = await this.#pool.query<{ count: string }>(WAITING, [appId]);
    return Number(rows[0]?.count ?? 0);
  }

  async stop(): Promise<void> {
    await this.#pool.end();
  }
}

function recorded(of: Pick<RecordedAttempt, 'deliveryId' | 'appId'>, stored: StoredAttempt): RecordedAttempt {
  const { number, startedAtMs, durationMs, statusCode = null, errorCategory: category, errorDetail: detail = '', responseBody } = stored;
  return { ...of, number, startedAtMs, durationMs, statusCode, category, detail, bodyBytes: Buffer.byteLength(responseBody, 'base64') };
}
