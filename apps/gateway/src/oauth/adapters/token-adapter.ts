import { type Adapter, type AdapterPayload, Provider, errors } from 'oidc-provider';
import type { Grants } from '../../grants/grants.ts';
import type { OauthGrant, TokenKind } from '../../generated/prisma/client.ts';
import type { AccessTokens } from '../access-tokens.ts';
import { requireApp } from '../client-app.ts';
import { type TokensRepository, isUsedUp } from '../tokens.repository.ts';
import { adapter } from './adapter.ts';
import { hashOfId, openPayload, sealPayload } from './sealed-payload.ts';

export const TOKEN_KINDS = {
  AccessToken: 'access',
  RefreshToken: 'refresh',
  ClientCredentials: 'client_credentials',
} as const satisfies Readonly<Record<string, TokenKind>>;
export type TokenModel = keyof typeof TOKEN_KINDS;

export interface TokenKeeping {
  readonly tokens: TokensRepository;
  readonly grants: Grants;
  readonly accessTokens: AccessTokens;
}

/** Tokens, in PostgreSQL: by hash, and sealed. */
export function tokenAdapter(model: TokenModel, { tokens, grants, accessTokens }: TokenKeeping): Adapter {
  const kind = TOKEN_KINDS[model];
  return adapter('The database', {
    upsert: async (id, payload, seconds) => {
      const { id: appId } = requireApp(Provider.ctx?.oidc.client);
      const expiresAt = new Date(Date.now() + seconds * 1000);
      const token = {
        hash: hashOfId(id),
        kind,
        grantId: payload.grantId ?? null,
        appId,
        // A refresh token keeps what was agreed to first; what it gives is cut to what its grant has.
        scopes: kind === 'access' ? scopesOf(payload) : [],
        payload: sealPayload(model, id, payload),
        expiresAt,
      };
      if (!(await tokens.insert(token))) throw new errors.InvalidGrant('the grant has ended');
    },
    find: async (id) => {
      const stored = await tokens.find(hashOfId(id));
      if (stored?.kind !== kind) return undefined;
      if (stored.grant !== null && !isOfUse(stored.grant)) return undefined;
      const payload = openPayload(model, id, stored.payload);
      return isUsedUp(stored, new Date()) ? { ...payload, consumed: true } : payload;
    },
    // oidc-provider looks whether a refresh token was consumed when it finds it, and consumes it later: of two at once both would pass.
    consume: async (id) => {
      const hash = hashOfId(id);
      const stored = await tokens.find(hash);
      if (await tokens.consume(hash, new Date())) return;
      if (stored?.grantId != null) await grants.end(stored.grantId, 'replayed');
      throw new errors.InvalidGrant('refresh token already used');
    },
    destroy: async (id) => {
      await tokens.delete(hashOfId(id));
      accessTokens.forget();
    },
    revokeByGrantId: (grantId) => endGrant(grants, grantId),
  });
}

/** Held with its installation it is of no use, but to be revoked: it would come back although its app was told that it is gone. */
function isOfUse({ revokedAt, suspendedAt }: OauthGrant): boolean {
  return revokedAt === null && (suspendedAt === null || Provider.ctx?.oidc.route === 'revocation');
}

function scopesOf({ scope }: AdapterPayload): string[] {
  return typeof scope === 'string' ? scope.split(' ').filter((name) => name !== '') : [];
}

/**
 * A whole family ends at once: one token of it was revoked, or, at the token endpoint, a code or refresh token of it came a second time.
 */
export async function endGrant(grants: Grants, grantId: string): Promise<void> {
  await grants.end(grantId, Provider.ctx?.oidc.route === 'token' ? 'replayed' : 'revoked');
}
