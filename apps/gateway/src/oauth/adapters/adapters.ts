import { Injectable } from '@nestjs/common';
import type { Adapter } from 'oidc-provider';
import { Grants } from '../../grants/grants.ts';
import { AccessTokens } from '../access-tokens.ts';
import { Clients } from '../clients.ts';
import { TokensRepository } from '../tokens.repository.ts';
import { clientAdapter } from './client-adapter.ts';
import { grantAdapter } from './grant-adapter.ts';
import { tokenAdapter } from './token-adapter.ts';
import { codeAdapter, interactionAdapter, noSessions, replayAdapter } from './transient-adapters.ts';
import { TransientStore } from './transient-store.ts';

/** Where oidc-provider keeps what: what must last in PostgreSQL, what may vanish in Redis, apps in the registry. */
@Injectable()
export class Adapters {
  constructor(
    private readonly clients: Clients,
    private readonly transients: TransientStore,
    private readonly tokens: TokensRepository,
    private readonly grants: Grants,
    private readonly accessTokens: AccessTokens,
  ) {}

  /** By the name of a model. One that is not here belongs to a feature that is off. */
  of(model: string): Adapter {
    switch (model) {
      case 'Client':
        return clientAdapter(this.clients);
      case 'Grant':
        return grantAdapter(this.grants);
      case 'AccessToken':
      case 'RefreshToken':
      case 'ClientCredentials':
        return tokenAdapter(model, { tokens: this.tokens, grants: this.grants, accessTokens: this.accessTokens });
      case 'AuthorizationCode':
        return codeAdapter(this.transients, this.grants);
      case 'Interaction':
        return interactionAdapter(this.transients);
      case 'ReplayDetection':
        return replayAdapter(this.transients);
      case 'Session':
        return noSessions();
      default:
        throw new Error(`nothing is kept of the model ${model}`);
    }
  }
}
