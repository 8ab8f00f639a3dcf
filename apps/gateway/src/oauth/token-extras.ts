import { Injectable } from '@nestjs/common';
import { type KoaContextWithOIDC, errors } from 'oidc-provider';
import { Grants } from '../grants/grants.ts';
import { requireApp } from './client-app.ts';
import { answerOf } from './oauth-failure.ts';
import type { AppClaims, InstallationClaims } from './token-claims.ts';

interface Issued {
  readonly kind: string;
  readonly grantId?: string | undefined;
}

/** What a token says of whom it is for: token-claims.ts. */
@Injectable()
export class TokenExtras {
  constructor(private readonly grants: Grants) {}

  async of(ctx: KoaContextWithOIDC, { kind, grantId }: Issued): Promise<AppClaims | InstallationClaims> {
    const { id, partnerId, mode } = requireApp(ctx.oidc.client);
    const ofApp = { app_id: id, partner_id: partnerId, mode };
    if (kind !== 'AccessToken') return ofApp;
    const grant = await answerOf('The database', this.grants.find(grantId ?? ''));
    if (grant === undefined) throw new errors.InvalidGrant('the grant has ended');
    return { ...ofApp, merchant_id: grant.merchantId, installation_id: grant.installationId };
  }
}
