import { Injectable } from '@nestjs/common';
import type { Queries } from '../database/database.ts';

@Injectable()
export class ErasuresRepository {
  /** What was asked for then, or later, stays as it is. */
  async put(tx: Queries, merchantId: string, requestedAt: Date): Promise<void> {
    await tx.$executeRaw`
      INSERT INTO merchant_erasure (merchant_id, requested_at) VALUES (${merchantId}, ${requestedAt})
      ON CONFLICT (merchant_id) DO UPDATE SET requested_at = excluded.requested_at, done_at = NULL
      WHERE merchant_erasure.requested_at < excluded.requested_at`;
  }

  async doneAt(queries: Queries, merchantId: string): Promise<Date | null> {
    return (await queries.merchantErasure.findUniqueOrThrow({ where: { merchantId } })).doneAt;
  }

  /** At most `limit` merchants whose erasure is not done, the oldest first. */
  async listOpen(queries: Queries, limit: number): Promise<string[]> {
    const open = await queries.merchantErasure.findMany({ where: { doneAt: null }, orderBy: { requestedAt: 'asc' }, take: limit });
    return open.map(({ merchantId }) => merchantId);
  }

  /** Until the transaction ends nobody else works at it. False when somebody does, or it is done. */
  async lockOpen(tx: Queries, merchantId: string): Promise<boolean> {
    const open = await tx.$queryRaw<unknown[]>`
      SELECT 1 FROM merchant_erasure WHERE merchant_id = ${merchantId} AND done_at IS NULL FOR UPDATE SKIP LOCKED`;
    return open.length === 1;
  }

  async finish(tx: Queries, merchantId: string, now: Date): Promise<void> {
    await tx.merchantErasure.update({ where: { merchantId }, data: { doneAt: now }, select: { merchantId: true } });
  }
}
