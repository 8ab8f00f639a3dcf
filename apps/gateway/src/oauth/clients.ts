import { Injectable } from '@nestjs/common';
import type { AdapterPayload } from 'oidc-provider';
import type { App } from '@hookwright/contracts';
import { keyMode } from '../access/caller.ts';
import { Backends } from '../backends/backends.ts';
import { found } from '../backends/found.ts';
import { CLIENT_APP, type ClientApp } from './client-app.ts';

/** An app as its merchants meet it. */
export interface FoundClient {
  readonly app: App;
  readonly partnerName: string;
}

const MAX_ID_LENGTH = 100;
/** oidc-provider wants one for a client that has any; what opens is asked of ClientSecrets (provider.ts). */
const NO_SECRET = 'kept-elsewhere';

/** The apps as OAuth clients. Asked of the registry each time, so that whatever is changed of an app counts at once. */
@Injectable()
export class Clients {
  constructor(private readonly backends: Backends) {}

  /** Undefined also for the client of an app that is suspended: it gets no tokens, and sends nobody to the consent page. */
  async find(clientId: string): Promise<FoundClient | undefined> {
    if (clientId.length > MAX_ID_LENGTH) return undefined;
    const { app, partnerName = '' } = (await found(this.backends.registry.getOAuthClient({ clientId }))) ?? {};
    return app === undefined || app.suspendedAtMs !== undefined ? undefined : { app, partnerName };
  }
}

/**
 * Client metadata (RFC 7591, 2). No URL that the server would fetch is among it: keys are inline. With keys an app authenticates itself by
 * them alone (private_key_jwt), else with its secret, in the header or in the body as it likes. Without redirect URIs it installs nowhere.
 */
export function clientMetadata(app: App): AdapterPayload {
  const { clientId, name, redirectUris, jwksJson } = app;
  const installs = redirectUris.length > 0;
  return {
    client_id: clientId,
    client_name: name,
    redirect_uris: redirectUris,
    grant_types: installs ? ['authorization_code', 'refresh_token', 'client_credentials'] : ['client_credentials'],
    response_types: installs ? ['code'] : [],
    ...(installs && { response_modes: ['query'] }),
    ...(jwksJson === ''
      ? { token_endpoint_auth_method: 'client_secret_basic', client_secret: NO_SECRET }
      : { token_endpoint_auth_method: 'private_key_jwt', jwks: JSON.parse(jwksJson) as NonNullable<AdapterPayload['jwks']> }),
    [CLIENT_APP]: clientApp(app),
  };
}

function clientApp({ id, partnerId, mode, permissions }: App): ClientApp {
  return { id, partnerId, mode: keyMode(mode), scopes: [...new Set(permissions.flatMap(({ scopes }) => scopes))] };
}
