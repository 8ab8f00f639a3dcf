import { Injectable } from '@nestjs/common';
import { ClientSecrets } from '../client-secrets/client-secrets.ts';
import { GrantsRepository } from '../grants/grants.repository.ts';
import { AppHoldsRepository } from '../holds/app-holds.repository.ts';
import { AccessTokens } from './access-tokens.ts';
import { TokensRepository } from './tokens.repository.ts';

/** Everything that lets an app in: its client secrets, its tokens, and the grants that more of them would come of. */
@Injectable()
export class AppAccess {
  constructor(
    private readonly clientSecrets: ClientSecrets,
    private readonly tokens: TokensRepository,
    private readonly grants: GrantsRepository,
    private readonly holds: AppHoldsRepository,
    private readonly accessTokens: AccessTokens,
  ) {}

  /** For an app that is deleted. */
  async erase(appId: string): Promise<void> {
    await this.clientSecrets.erase(appId);
    await this.grants.deleteOfApp(appId);
    await this.tokens.deleteOfApp(appId);
    await this.holds.delete(appId);
    this.accessTokens.forget();
  }
}
