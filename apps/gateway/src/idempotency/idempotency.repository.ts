import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.ts';
import type { IdempotencyKey } from '../generated/prisma/client.ts';

export interface KeyRef {
  /** The API key's id, that of a login or a token, or `operator`. */
  readonly owner: string;
  readonly key: string;
}

export interface StoredAnswer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Buffer<ArrayBuffer>;
}

@Injectable()
export class IdempotencyRepository {
  constructor(private readonly database: Database) {}

  /** Whether the key is this request's from now on. */
  async take({ owner, key }: KeyRef, requestHash: Buffer<ArrayBuffer>): Promise<boolean> {
    const { count } = await this.database.client.idempotencyKey.createMany({ data: [{ owner, key, requestHash }], skipDuplicates: true });
    return count === 1;
  }

  find({ owner, key }: KeyRef): Promise<IdempotencyKey | null> {
    return this.database.client.idempotencyKey.findUnique({ where: { owner_key: { owner, key } } });
  }

  async finish({ owner, key }: KeyRef, { status, headers, body }: StoredAnswer): Promise<void> {
    await this.database.client.idempotencyKey.updateMany({ where: { owner, key }, data: { status, headers, body } });
  }

  async release({ owner, key }: KeyRef): Promise<void> {
    await this.database.client.idempotencyKey.deleteMany({ where: { owner, key } });
  }

  /** Only if nobody has touched it since it was read. */
  async releaseUnchanged({ owner, key, createdAt }: Pick<IdempotencyKey, 'owner' | 'key' | 'createdAt'>): Promise<void> {
    await this.database.client.idempotencyKey.deleteMany({ where: { owner, key, createdAt } });
  }

  async deleteOlderThan(time: Date): Promise<void> {
    await this.database.client.idempotencyKey.deleteMany({ where: { createdAt: { lt: time } } });
  }
}
