import { Injectable } from '@nestjs/common';
import type { Queries } from '../database/database.ts';
import type { Mode } from '../generated/prisma/enums.ts';
import type { Installation } from './installation.ts';

/** An installation that has ended, and whether there still is an app to tell. */
export interface DueRedaction {
  readonly installation: Installation;
  readonly mode: Mode;
  readonly isAppDeleted: boolean;
}

@Injectable()
export class RedactionsRepository {
  /** Whatever was planned before: one that an older version left behind has not ended with this one. */
  async put(tx: Queries, installationIds: readonly string[], dueAt: Date): Promise<void> {
    await this.remove(tx, installationIds);
    await tx.redaction.createMany({ data: installationIds.map((installationId) => ({ installationId, dueAt })) });
  }

  async isAnyDue(queries: Queries, now: Date): Promise<boolean> {
    return (await queries.redaction.findFirst({ where: { dueAt: { lte: now } }, select: { installationId: true } })) !== null;
  }

  async remove(tx: Queries, installationIds: readonly string[]): Promise<void> {
    await tx.redaction.deleteMany({ where: { installationId: { in: [...installationIds] } } });
  }

  async hasten(tx: Queries, merchantId: string, now: Date): Promise<void> {
    await tx.redaction.updateMany({ where: { installation: { merchantId }, dueAt: { gt: now } }, data: { dueAt: now } });
  }

  /** At most `limit` that are due, their installations locked; those that somebody else has locked are left to him. */
  async lockDue(tx: Queries, now: Date, limit: number): Promise<DueRedaction[]> {
    const due = await tx.$queryRaw<{ id: string }[]>`
      SELECT installation.id FROM redaction JOIN installation ON installation.id = redaction.installation_id
      WHERE redaction.due_at <= ${now} ORDER BY redaction.due_at LIMIT ${limit} FOR UPDATE OF installation SKIP LOCKED`;
    // Asked again under the lock: between the two it may have been installed and ended once more, which is due 48 hours from now.
    const where = { id: { in: due.map(({ id }) => id) }, redaction: { is: { dueAt: { lte: now } } } };
    const rows = await tx.installation.findMany({ where, include: { app: { select: { mode: true, deletedAt: true } } } });
    return rows.map(({ app, ...installation }) => ({ installation, mode: app.mode, isAppDeleted: app.deletedAt !== null }));
  }

  /** Numbers one more event of each installation. */
  async countEvents(tx: Queries, installationIds: readonly string[]): Promise<void> {
    await tx.installation.updateMany({ where: { id: { in: [...installationIds] } }, data: { sequence: { increment: 1 } } });
  }
}
