import type { Queries } from '../database/database.ts';
import type { SecretRow } from './secrets.repository.ts';

export interface Read {
  /** As the reading process named itself. */
  readonly reader: string;
  readonly secrets: readonly Pick<SecretRow, 'id' | 'appId'>[];
  readonly now: Date;
}

// One statement's worth; the next sweep takes the next.
const FORGET_AT_ONCE = 5000;

/**
 * Who read which secret. A row for each secret, reader and day, not for each read: ten thousand endpoints and two workers read 667 secrets
 * a second, which is 58 million rows a day, or 20,000.
 */
export class ReadsRepository {
  /** In the order of the ids, so that two of a reader's questions at once wait for each other and not in a circle. */
  async note(queries: Queries, { reader, secrets, now }: Read): Promise<void> {
    if (secrets.length === 0) return;
    const ids = secrets.map(({ id }) => id);
    const appIds = secrets.map(({ appId }) => appId);
    await queries.$executeRaw`INSERT INTO secret_read (secret_id, reader, day, app_id, reads, first_at, last_at)
      SELECT secret.id, ${reader}::text, ${dayOf(now)}::date, secret.app_id, 1, ${now}::timestamptz, ${now}::timestamptz
      FROM unnest(${ids}::text[], ${appIds}::text[]) AS secret (id, app_id) ORDER BY secret.id
      ON CONFLICT (secret_id, reader, day) DO UPDATE
      SET reads = secret_read.reads + 1, last_at = greatest(secret_read.last_at, excluded.last_at)`;
  }

  async forgetBefore(queries: Queries, before: Date): Promise<void> {
    await queries.$executeRaw`DELETE FROM secret_read WHERE (secret_id, reader, day) IN
      (SELECT secret_id, reader, day FROM secret_read WHERE day < ${dayOf(before)}::date LIMIT ${FORGET_AT_ONCE} FOR UPDATE SKIP LOCKED)`;
  }
}

/** In UTC, as text: the database's time zone must not move it. */
function dayOf(time: Date): string {
  return time.toISOString().slice(0, 10);
}
