import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.ts';
import type { ClientSecret, Prisma } from '../generated/prisma/client.ts';

type Transaction = Prisma.TransactionClient;

@Injectable()
export class ClientSecretsRepository {
  constructor(private readonly database: Database) {}

  /** Work on an app's secrets, which nobody else changes until it is committed. */
  async change<Result>(appId: string, work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    return await this.database.client.$transaction(async (transaction) => {
      await transaction.$executeRaw`select pg_advisory_xact_lock(hashtextextended(${`client_secret ${appId}`}, 0))`;
      return await work(transaction);
    });
  }

  /** Newest first. */
  listLive(transaction: Transaction, appId: string, now: Date): Promise<ClientSecret[]> {
    return transaction.clientSecret.findMany({ where: { appId, ...liveAt(now) }, orderBy: { id: 'desc' } });
  }

  async insert(transaction: Transaction, secret: Prisma.ClientSecretCreateInput): Promise<void> {
    await transaction.clientSecret.create({ data: secret, select: { id: true } });
  }

  async expire(transaction: Transaction, id: string, expiresAt: Date): Promise<void> {
    await transaction.clientSecret.updateMany({ where: { id }, data: { expiresAt } });
  }

  /** Those of these ids, and what had expired before. */
  async delete(transaction: Transaction, appId: string, { ids, now }: { ids: readonly string[]; now: Date }): Promise<void> {
    await transaction.clientSecret.deleteMany({ where: { appId, OR: [{ id: { in: [...ids] } }, { expiresAt: { lte: now } }] } });
  }

  async deleteAll(appId: string): Promise<void> {
    await this.database.client.clientSecret.deleteMany({ where: { appId } });
  }

  /** Whether a live secret of the app has this hash. */
  async hasLive(appId: string, hash: Buffer<ArrayBuffer>, now: Date): Promise<boolean> {
    return (await this.database.client.clientSecret.count({ where: { appId, hash, ...liveAt(now) } })) > 0;
  }
}

function liveAt(now: Date) {
  return { OR: [{ expiresAt: null }, { expiresAt: { gt: now } }] };
}
