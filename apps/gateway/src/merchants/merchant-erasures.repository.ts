import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.ts';
import type { MerchantErasure } from '../generated/prisma/client.ts';

@Injectable()
export class MerchantErasuresRepository {
  constructor(private readonly database: Database) {}

  /** One that still ends installations goes on; one that is past them begins anew: he may have installed apps again meanwhile. */
  async put(merchantId: string, requestedAt: Date, dueAt: Date): Promise<MerchantErasure> {
    const begun = { requestedAt, installationsDoneAt: null, doneAt: null, dueAt };
    const { merchantErasure } = this.database.client;
    await merchantErasure.createMany({ data: [{ merchantId, ...begun }], skipDuplicates: true });
    await merchantErasure.updateMany({ where: { merchantId, installationsDoneAt: { not: null } }, data: begun });
    return await merchantErasure.findUniqueOrThrow({ where: { merchantId } });
  }

  async find(merchantIds: readonly string[]): Promise<MerchantErasure[]> {
    return await this.database.client.merchantErasure.findMany({ where: { merchantId: { in: [...merchantIds] } } });
  }

  async wasRequestedSince(merchantId: string, since: Date): Promise<boolean> {
    return (await this.database.client.merchantErasure.count({ where: { merchantId, requestedAt: { gte: since } } })) === 1;
  }

  async listDue(now: Date, limit: number): Promise<MerchantErasure[]> {
    return await this.database.client.merchantErasure.findMany({ where: { dueAt: { lte: now } }, orderBy: { dueAt: 'asc' }, take: limit });
  }

  /** Of one that was asked for then, and has not begun anew. */
  async update(
    { merchantId, requestedAt }: Pick<MerchantErasure, 'merchantId' | 'requestedAt'>,
    data: Partial<Pick<MerchantErasure, 'installationsDoneAt' | 'doneAt' | 'dueAt'>>,
  ): Promise<void> {
    await this.database.client.merchantErasure.updateMany({ where: { merchantId, requestedAt }, data });
  }
}
