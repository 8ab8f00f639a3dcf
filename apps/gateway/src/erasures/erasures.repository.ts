import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.ts';
import type { Prisma, SecretErasure } from '../generated/prisma/client.ts';

@Injectable()
export class ErasuresRepository {
  constructor(private readonly database: Database) {}

  async put({ appId, ...rest }: Prisma.SecretErasureCreateInput): Promise<void> {
    await this.database.client.secretErasure.upsert({ where: { appId }, create: { appId, ...rest }, update: rest });
  }

  async delete(appId: string): Promise<void> {
    await this.database.client.secretErasure.deleteMany({ where: { appId } });
  }

  find(appId: string): Promise<SecretErasure | null> {
    return this.database.client.secretErasure.findUnique({ where: { appId } });
  }

  listDue(now: Date, limit: number): Promise<SecretErasure[]> {
    return this.database.client.secretErasure.findMany({ where: { dueAt: { lte: now } }, orderBy: { dueAt: 'asc' }, take: limit });
  }

  async postpone(appId: string, dueAt: Date): Promise<void> {
    await this.database.client.secretErasure.updateMany({ where: { appId }, data: { dueAt } });
  }
}
