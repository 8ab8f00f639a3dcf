import { Injectable } from '@nestjs/common';
import type { AuditEntry } from '@hookwright/contracts';
import type { Queries } from '../database/database.ts';
import type { AuditEntry as AuditRow } from '../generated/prisma/client.ts';
import { NEWEST_FIRST, olderThan, type PageRequest } from '../pages/page.ts';
import { toRow } from './audit-log.ts';

@Injectable()
export class AuditRepository {
  /** Entries that are there stay as they are. */
  async insert(queries: Queries, entries: readonly AuditEntry[]): Promise<void> {
    await queries.auditEntry.createMany({ data: entries.map(toRow), skipDuplicates: true });
  }

  /** `limit` + 1 of an app's entries, newest first. */
  list(queries: Queries, appId: string, { limit, after }: PageRequest): Promise<AuditRow[]> {
    return queries.auditEntry.findMany({ where: { appId, ...olderThan(after) }, orderBy: NEWEST_FIRST, take: limit + 1 });
  }

  /** Removes at most `limit` entries that are older. How many it were. */
  deleteBefore(queries: Queries, before: Date, limit: number): Promise<number> {
    return queries.$executeRaw`DELETE FROM audit_entry WHERE id IN
      (SELECT id FROM audit_entry WHERE created_at < ${before} ORDER BY created_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)`;
  }
}
