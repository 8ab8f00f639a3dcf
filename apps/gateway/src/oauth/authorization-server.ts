import { Inject, Injectable } from '@nestjs/common';
import { Provider } from 'oidc-provider';
import { LOGGER, type Logger } from '@hookwright/runtime';
import { ClientSecrets } from '../client-secrets/client-secrets.ts';
import { ENV, type GatewayEnv } from '../env.ts';
import { Adapters } from './adapters/adapters.ts';
import { finishAnswer } from './answers.ts';
import { appOf } from './client-app.ts';
import { watch } from './events.ts';
import { answerOf } from './oauth-failure.ts';
import { providerConfiguration } from './provider-configuration.ts';
import { TokenExtras } from './token-extras.ts';

/** The OAuth 2.0 authorization server: oidc-provider, with our stores and our clients. */
@Injectable()
export class AuthorizationServer {
  readonly provider: Provider;

  constructor(
    @Inject(ENV) env: GatewayEnv,
    @Inject(LOGGER) logger: Logger,
    adapters: Adapters,
    tokenExtras: TokenExtras,
    clientSecrets: ClientSecrets,
  ) {
    this.provider = new Provider(env.PUBLIC_URL, providerConfiguration({ env, adapterOf: (model) => adapters.of(model), tokenExtras }));
    // For URLs and cookies it believes X-Forwarded-*, which oauth.routes.ts sets.
    this.provider.proxy = true;
    this.provider.silent = true;
    this.provider.use(finishAnswer);
    askForSecrets(this.provider, clientSecrets);
    watch(this.provider, logger);
  }
}

/**
 * Client secrets are kept as hashes, several of them during a rotation: they are compared here. oidc-provider compares a client's secret
 * nowhere else (client_auth.js), and waits for the answer. The platform's own client has one secret, from the environment.
 */
function askForSecrets({ Client }: Provider, secrets: ClientSecrets): void {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its `this` below
  const compareOwn = Client.prototype.compareClientSecret;
  Client.prototype.compareClientSecret = async function (actual: string): Promise<boolean> {
    const app = appOf(this);
    if (app !== undefined) return await answerOf('The database', secrets.matches(app.id, actual));
    if (await compareOwn.call(this, actual)) return true;
    await answerOf('Redis', secrets.noteWrong(this.clientId));
    return false;
  };
}
