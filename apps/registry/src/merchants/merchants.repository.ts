import { Injectable } from '@nestjs/common';
import type { Queries } from '../database/database.ts';

/** A merchant as his installations show him. */
export interface Merchant {
  readonly id: string;
  readonly installations: number;
  readonly liveInstallations: number;
  readonly knownSince: Date;
}

@Injectable()
export class MerchantsRepository {
  /** At most `limit` merchants whose ids come after one, by id. One step in the index for each, however many installations he has. */
  list(queries: Queries, after: string, limit: number): Promise<Merchant[]> {
    return queries.$queryRaw<Merchant[]>`
      WITH RECURSIVE page AS (
        (SELECT merchant_id, 1 AS place FROM installation WHERE merchant_id > ${after} ORDER BY merchant_id LIMIT 1)
        UNION ALL
        SELECT next.merchant_id, page.place + 1 FROM page CROSS JOIN LATERAL (
          SELECT merchant_id FROM installation WHERE merchant_id > page.merchant_id ORDER BY merchant_id LIMIT 1
        ) AS next WHERE page.place < ${limit}::int
      )
      SELECT page.merchant_id AS id, counted.* FROM page CROSS JOIN LATERAL (
        SELECT count(*)::int AS "installations", min(created_at) AS "knownSince",
          (count(*) FILTER (WHERE status NOT IN ('revoked', 'pending_consent')))::int AS "liveInstallations"
        FROM installation WHERE installation.merchant_id = page.merchant_id
      ) AS counted ORDER BY page.place`;
  }

  async find(queries: Queries, id: string): Promise<Merchant | undefined> {
    const [found] = await queries.$queryRaw<Merchant[]>`
      SELECT merchant_id AS id, count(*)::int AS "installations", min(created_at) AS "knownSince",
        (count(*) FILTER (WHERE status NOT IN ('revoked', 'pending_consent')))::int AS "liveInstallations"
      FROM installation WHERE merchant_id = ${id} GROUP BY merchant_id`;
    return found;
  }
}
