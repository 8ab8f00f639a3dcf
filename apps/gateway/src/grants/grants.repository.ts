import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.ts';
import type { OauthGrant, Prisma } from '../generated/prisma/client.ts';

/** An installation's state as far as its grants follow it. */
export interface InstallationState {
  readonly installationId: string;
  readonly generation: number;
  /** Number of its changes; a smaller one is older news. */
  readonly sequence: number;
  readonly status: 'going' | 'suspended' | 'ended';
  /** What a grant made now would have. */
  readonly scopes: readonly string[];
}

const GOING = { revokedAt: null, suspendedAt: null };

@Injectable()
export class GrantsRepository {
  constructor(private readonly database: Database) {}

  async insert(grant: Prisma.OauthGrantUncheckedCreateInput): Promise<void> {
    await this.database.client.oauthGrant.create({ data: grant, select: { id: true } });
  }

  /** Null for one that has ended or is held. */
  findGoing(id: string): Promise<OauthGrant | null> {
    return this.database.client.oauthGrant.findFirst({ where: { id, ...GOING } });
  }

  /** Ends one grant and its tokens. Whether it was going on. */
  async end(id: string, now: Date): Promise<boolean> {
    return (await this.endThose({ id }, now)) > 0;
  }

  /**
   * Brings an installation's grants in line with it: those of earlier generations end, those of this one end, are held or go on, without
   * what the merchant took back. How many ended.
   */
  async follow(installation: InstallationState, now: Date): Promise<number> {
    const { installationId, generation, status } = installation;
    if (status === 'ended') return await this.endThose({ installationId, generation: { lte: generation } }, now);
    const ended = await this.endThose({ installationId, generation: { lt: generation } }, now);
    await this.followOn(installation, status === 'suspended' ? now : null);
    return ended;
  }

  /** With their tokens. How many it deleted, at most `limit`. */
  async deleteOfMerchant(merchantId: string, limit: number): Promise<number> {
    return await this.database.client.$executeRaw`
      DELETE FROM oauth_grant WHERE id IN (SELECT id FROM oauth_grant WHERE merchant_id = ${merchantId} LIMIT ${limit}::int)`;
  }

  async deleteOfApp(appId: string): Promise<void> {
    await this.database.client.oauthGrant.deleteMany({ where: { appId } });
  }

  /** How many it deleted, at most `limit`, of those made before a time that have no token any more. */
  async deleteSome({ madeBefore, limit }: { madeBefore: Date; limit: number }): Promise<number> {
    return await this.database.client.$executeRaw`
      DELETE FROM oauth_grant WHERE id IN (
        SELECT id FROM oauth_grant WHERE created_at <= ${madeBefore}
          AND NOT EXISTS (SELECT FROM oauth_token WHERE oauth_token.grant_id = oauth_grant.id) LIMIT ${limit})`;
  }

  /**
   * Access tokens of a grant that has fewer scopes now end: refreshing gives one without them. The update first, as below. A refresh token
   * keeps its scopes, of which it gives only those that its grant has.
   */
  private async followOn({ installationId, generation, sequence, scopes }: InstallationState, suspendedAt: Date | null): Promise<void> {
    await this.database.client.$transaction(async (transaction) => {
      const narrowed = await transaction.$queryRaw<{ id: string }[]>`
        UPDATE oauth_grant SET scopes = ARRAY (SELECT scope FROM unnest(scopes) AS scope WHERE scope = ANY (${scopes}::text[]))
        WHERE installation_id = ${installationId} AND generation = ${generation} AND followed < ${sequence}
          AND NOT scopes <@ ${scopes}::text[]
        RETURNING id`;
      const ids = narrowed.map(({ id }) => id);
      if (ids.length > 0) await transaction.oauthToken.deleteMany({ where: { kind: 'access', grantId: { in: ids } } });
      const where = { installationId, generation, followed: { lt: sequence } };
      await transaction.oauthGrant.updateMany({ where, data: { followed: sequence, suspendedAt } });
    });
  }

  /** The update first: it waits for tokens that are being made (TokensRepository.insert), and the deletion sees them then. */
  private async endThose(where: Prisma.OauthGrantWhereInput, now: Date): Promise<number> {
    return await this.database.client.$transaction(async (transaction) => {
      const { count } = await transaction.oauthGrant.updateMany({ where: { ...where, revokedAt: null }, data: { revokedAt: now } });
      await transaction.oauthToken.deleteMany({ where: { grant: { ...where, revokedAt: { not: null } } } });
      return count;
    });
  }
}
