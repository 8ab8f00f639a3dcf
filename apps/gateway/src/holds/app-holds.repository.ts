import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.ts';

@Injectable()
export class AppHoldsRepository {
  constructor(private readonly database: Database) {}

  /** Holds the app; `dueAt`: until when somebody sees to it that this is true. */
  async put(appId: string, dueAt: Date | null): Promise<void> {
    await this.database.client.appHold.upsert({ where: { appId }, create: { appId, dueAt }, update: { dueAt }, select: { appId: true } });
  }

  /** Of one that is held. */
  async postpone(appId: string, dueAt: Date): Promise<void> {
    await this.database.client.appHold.updateMany({ where: { appId }, data: { dueAt } });
  }

  async delete(appId: string): Promise<void> {
    await this.database.client.appHold.deleteMany({ where: { appId } });
  }

  async isDue(appId: string, now: Date): Promise<boolean> {
    return (await this.database.client.appHold.count({ where: { appId, dueAt: { lte: now } } })) === 1;
  }

  async listDue(now: Date, limit: number): Promise<string[]> {
    const due = await this.database.client.appHold.findMany({ where: { dueAt: { lte: now } }, orderBy: { dueAt: 'asc' }, take: limit });
    return due.map(({ appId }) => appId);
  }
}
