import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.ts';
import type { ApiKey, Prisma } from '../generated/prisma/client.ts';

@Injectable()
export class ApiKeysRepository {
  constructor(private readonly database: Database) {}

  findByHash(hash: Buffer<ArrayBuffer>): Promise<ApiKey | null> {
    return this.database.client.apiKey.findUnique({ where: { hash } });
  }

  listOfPartner(partnerId: string): Promise<ApiKey[]> {
    return this.database.client.apiKey.findMany({ where: { partnerId }, orderBy: { id: 'desc' } });
  }

  /** Keys that are there already stay as they are. */
  async insert(keys: Prisma.ApiKeyCreateManyInput[]): Promise<void> {
    await this.database.client.apiKey.createMany({ data: keys, skipDuplicates: true });
  }

  /** Notes a use, unless one after `since` is noted or is being noted. */
  async noteUse(id: string, now: Date, since: Date): Promise<void> {
    await this.database.client.$executeRaw`UPDATE api_key SET last_used_at = ${now}
      WHERE id IN (SELECT id FROM api_key WHERE id = ${id} AND (last_used_at IS NULL OR last_used_at <= ${since}) FOR UPDATE SKIP LOCKED)`;
  }

  /** Whether there was such a key. */
  async delete(partnerId: string, id: string): Promise<boolean> {
    const { count } = await this.database.client.apiKey.deleteMany({ where: { partnerId, id } });
    return count > 0;
  }
}
