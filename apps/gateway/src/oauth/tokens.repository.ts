import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.ts';
import type { OauthGrant, OauthToken, TokenKind } from '../generated/prisma/client.ts';

export interface NewToken {
  readonly hash: Buffer<ArrayBuffer>;
  readonly kind: TokenKind;
  /** Null for a token of the app itself. */
  readonly grantId: string | null;
  readonly appId: string;
  /** Of those the grant must still have every one. */
  readonly scopes: readonly string[];
  readonly payload: Buffer<ArrayBuffer>;
  readonly expiresAt: Date;
}

// Longer than the budget of the request that used it up: it is over by then, one way or the other.
const EXCHANGE_MS = 2000;

export type StoredToken = OauthToken & { readonly grant: OauthGrant | null };

/** Whether it may not be used any more. One whose exchange came to nothing may: its app was told to try again. */
export function isUsedUp({ consumedAt, exchanged }: OauthToken, now: Date): boolean {
  return consumedAt !== null && (exchanged || consumedAt.getTime() > now.getTime() - EXCHANGE_MS);
}

@Injectable()
export class TokensRepository {
  constructor(private readonly database: Database) {}

  /**
   * False when the token's grant has ended, is held, or has fewer scopes: a token that was being made while the merchant uninstalled must
   * not outlive it. The grant's lock makes who ends it wait for this, and then find it.
   */
  async insert({ hash, kind, grantId, appId, scopes, payload, expiresAt }: NewToken): Promise<boolean> {
    if (grantId === null) {
      await this.database.client.oauthToken.create({ data: { hash, kind, appId, payload, expiresAt }, select: { appId: true } });
      return true;
    }
    return await this.database.client.$transaction(async (transaction) => {
      const going = await transaction.$queryRaw<unknown[]>`
        SELECT 1 FROM oauth_grant WHERE id = ${grantId} AND revoked_at IS NULL AND suspended_at IS NULL AND scopes @> ${scopes}::text[]
        FOR SHARE`;
      if (going.length === 0) return false;
      await transaction.oauthToken.create({ data: { hash, kind, grantId, appId, payload, expiresAt }, select: { appId: true } });
      // The access token comes last: with it the refresh token that was used up for it has become something.
      if (kind === 'access') {
        await transaction.oauthToken.updateMany({ where: { grantId, kind: 'refresh', exchanged: false }, data: { exchanged: true } });
      }
      return true;
    });
  }

  /** Null also for one whose app is suspended (AppHolds): it is as good as none until that ends. */
  async find(hash: Buffer<ArrayBuffer>): Promise<StoredToken | null> {
    const token = await this.database.client.oauthToken.findUnique({ where: { hash }, include: { grant: true } });
    if (token === null) return null;
    const holds = await this.database.client.appHold.count({ where: { appId: token.appId } });
    return holds === 0 ? token : null;
  }

  /** Whether this call consumed it: of many at once one does, and of several one after the other only those of which nothing came. */
  async consume(hash: Buffer<ArrayBuffer>, now: Date): Promise<boolean> {
    const cameToNothing = { exchanged: false, consumedAt: { lte: new Date(now.getTime() - EXCHANGE_MS) } };
    const { count } = await this.database.client.oauthToken.updateMany({
      where: { hash, OR: [{ consumedAt: null }, cameToNothing] },
      data: { consumedAt: now, exchanged: false },
    });
    return count === 1;
  }

  async delete(hash: Buffer<ArrayBuffer>): Promise<void> {
    await this.database.client.oauthToken.deleteMany({ where: { hash } });
  }

  async deleteOfApp(appId: string): Promise<void> {
    await this.database.client.oauthToken.deleteMany({ where: { appId } });
  }

  /** How many it deleted, at most `limit`, of those that are of no use any more: expired, or consumed before `consumedBefore`. */
  async deleteSome({ now, consumedBefore, limit }: { now: Date; consumedBefore: Date; limit: number }): Promise<number> {
    return await this.database.client.$executeRaw`
      DELETE FROM oauth_token WHERE hash IN (
        SELECT hash FROM oauth_token WHERE expires_at <= ${now} OR consumed_at <= ${consumedBefore} LIMIT ${limit})`;
  }
}
