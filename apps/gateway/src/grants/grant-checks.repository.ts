import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.ts';
import type { GrantCheck } from '../generated/prisma/client.ts';

@Injectable()
export class GrantChecksRepository {
  constructor(private readonly database: Database) {}

  async insert(check: GrantCheck): Promise<void> {
    await this.database.client.grantCheck.create({ data: check, select: { id: true } });
  }

  async delete(id: string): Promise<void> {
    await this.database.client.grantCheck.deleteMany({ where: { id } });
  }

  listDue(now: Date, limit: number): Promise<GrantCheck[]> {
    return this.database.client.grantCheck.findMany({ where: { dueAt: { lte: now } }, orderBy: { dueAt: 'asc' }, take: limit });
  }

  async postpone(id: string, dueAt: Date): Promise<void> {
    await this.database.client.grantCheck.updateMany({ where: { id }, data: { dueAt } });
  }
}
