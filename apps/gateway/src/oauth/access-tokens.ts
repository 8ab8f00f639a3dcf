import { Injectable } from '@nestjs/common';
import type { InstallationCaller, PartnerCaller } from '../access/caller.ts';
import { ShortCache } from '../access/short-cache.ts';
import { hashOfId, openPayload } from './adapters/sealed-payload.ts';
import { readAppToken, readInstallationToken } from './token-claims.ts';
import { type StoredToken, TokensRepository } from './tokens.repository.ts';

// Enough of the hash to be nobody else's, and nothing to find the token by.
const ID_LENGTH = 22;

/** Access tokens that requests come with. */
@Injectable()
export class AccessTokens {
  private readonly cache = new ShortCache<PartnerCaller | InstallationCaller>();

  constructor(private readonly tokens: TokensRepository) {}

  /**
   * Whose token it is; undefined for none, for one that has ended, and for a refresh token. Requests with the same one share one look-up
   * for 0.9 s.
   */
  async find(token: string): Promise<PartnerCaller | InstallationCaller | undefined> {
    const hash = hashOfId(token);
    const name = hash.toString('base64url');
    return await this.cache.find(name, async () => {
      const stored = await this.tokens.find(hash);
      return stored === null || !isGoing(stored) ? undefined : callerOf(stored, token, `tok_${name.slice(0, ID_LENGTH)}`);
    });
  }

  /** To be called when tokens were ended: here they open nothing any more at once, on other replicas within 0.9 s. */
  forget(): void {
    this.cache.clear();
  }
}

function isGoing({ expiresAt, grant }: StoredToken): boolean {
  return expiresAt.getTime() > Date.now() && (grant === null || (grant.revokedAt === null && grant.suspendedAt === null));
}

/**
 * The caller is the token and not its client: an answer that is kept for an Idempotency-Key is sealed with the token, and a repeat with
 * the client's next one is another caller's.
 */
function callerOf({ kind, payload }: StoredToken, token: string, id: string): PartnerCaller | InstallationCaller | undefined {
  if (kind === 'client_credentials') {
    const { claims, scopes } = readAppToken(openPayload('ClientCredentials', token, payload));
    const { app_id: appId, partner_id: partnerId, mode } = claims;
    return { kind: 'partner', id, partnerId, mode, appId, scopes: new Set(scopes) };
  }
  if (kind !== 'access') return undefined;
  const { claims } = readInstallationToken(openPayload('AccessToken', token, payload));
  const { app_id: appId, partner_id: partnerId, mode, installation_id: installationId } = claims;
  return { kind: 'installation', id, partnerId, mode, appId, installationId };
}
