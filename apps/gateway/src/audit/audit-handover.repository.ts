import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.ts';
import type { AuditEntry, Prisma } from '../generated/prisma/client.ts';

@Injectable()
export class AuditHandoverRepository {
  constructor(private readonly database: Database) {}

  async insert(transaction: Prisma.TransactionClient, entry: Prisma.AuditEntryCreateInput): Promise<void> {
    await transaction.auditEntry.create({ data: entry, select: { id: true } });
  }

  listOldest(limit: number): Promise<AuditEntry[]> {
    return this.database.client.auditEntry.findMany({ orderBy: { id: 'asc' }, take: limit });
  }

  async delete(ids: readonly string[]): Promise<void> {
    await this.database.client.auditEntry.deleteMany({ where: { id: { in: [...ids] } } });
  }
}
