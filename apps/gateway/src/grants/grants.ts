import { Injectable } from '@nestjs/common';
import { Counter } from 'prom-client';
import { newId } from '@hookwright/contracts';
import type { OauthGrant } from '../generated/prisma/client.ts';
import { AccessTokens } from '../oauth/access-tokens.ts';
import { GrantsRepository, type InstallationState } from './grants.repository.ts';

/** Its token was revoked, a code or refresh token came a second time, or its installation ended. */
export type EndReason = 'revoked' | 'replayed' | 'uninstalled';

export interface Consent {
  readonly clientId: string;
  readonly appId: string;
  readonly merchantId: string;
  readonly installation: InstallationState;
}

// Each with its tokens, some ten.
const DELETED_AT_ONCE = 200;

const ended = new Counter({
  name: 'hookwright_oauth_grants_ended_total',
  help: 'Grants that ended before their tokens did, by reason',
  labelNames: ['reason'],
});

/**
 * Grants: what a merchant's consent gave to an app, and the family of tokens that came of it. Each consent makes one, so that what ends
 * one family leaves the merchant's others alone.
 */
@Injectable()
export class Grants {
  constructor(
    private readonly grants: GrantsRepository,
    private readonly accessTokens: AccessTokens,
  ) {}

  /** The new grant's id. */
  async create({ clientId, appId, merchantId, installation }: Consent): Promise<string> {
    const { installationId, generation, sequence, status, scopes } = installation;
    const id = newId('grt');
    const suspendedAt = status === 'suspended' ? new Date() : null;
    const of = { clientId, appId, merchantId, installationId, generation, scopes: [...scopes] };
    await this.grants.insert({ id, ...of, followed: sequence, suspendedAt });
    return id;
  }

  /** Undefined for one that has ended or is held. */
  async find(id: string): Promise<OauthGrant | undefined> {
    return (await this.grants.findGoing(id)) ?? undefined;
  }

  /** Ends a grant with all of its tokens. One that has ended stays so. */
  async end(id: string, reason: EndReason): Promise<void> {
    if (await this.grants.end(id, new Date())) ended.inc({ reason });
    this.accessTokens.forget();
  }

  /** For a merchant who is erased: his grants, those that ended too, and all that came of them. */
  async forgetMerchant(merchantId: string): Promise<void> {
    while ((await this.grants.deleteOfMerchant(merchantId, DELETED_AT_ONCE)) === DELETED_AT_ONCE);
    this.accessTokens.forget();
  }

  /** Brings an installation's grants in line with it. News that come late change nothing. */
  async follow(installation: InstallationState): Promise<void> {
    ended.inc({ reason: 'uninstalled' }, await this.grants.follow(installation, new Date()));
    this.accessTokens.forget();
  }
}
