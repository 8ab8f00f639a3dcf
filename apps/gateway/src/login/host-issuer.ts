import { readFile } from 'node:fs/promises';
import { Inject, Injectable } from '@nestjs/common';
import * as oidc from 'openid-client';
import { inBudget, withBudget } from '@hookwright/runtime';
import { ENV, type GatewayEnv, type IssuerOptions, issuerOptions } from '../env.ts';
import { line, merchantId } from '../validation/fields.ts';
import { boundedFetch } from './bounded-fetch.ts';
import { NoMerchant, failureOf } from './login-failure.ts';
import type { LoginUnderWay } from './logins-under-way.ts';

/** Where the issuer sends browsers back to: the redirect URI that it has to know. */
export const CALLBACK_PATH = '/oauth/login/callback';

/** For all that one step of a login asks of the issuer: other people's servers, which may have to wake up. */
export const ISSUER_SECONDS = 5;

// The library asks for the keys by itself, every five minutes and for a token with an unknown one; endpoints hardly ever move.
const KNOWN_MS = 3_600_000;
const MAX_SECRET_CHARACTERS = 1024;
// eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so to be seen; env.ts takes http in the development profile only
const WITHOUT_TLS = oidc.allowInsecureRequests;
// The registry keeps it as who installed the app.
const subject = line(200);

/** A person, as the issuer names him, and the merchant that he acts for. */
export interface KnownMerchant {
  readonly subject: string;
  readonly merchantId: string;
}

interface Known {
  readonly configuration: Promise<oidc.Configuration>;
  readonly untilMs: number;
}

/**
 * The host platform's OpenID Connect issuer (MERCHANT_LOGIN_ISSUER), by openid-client: code flow with PKCE and nonce. It is asked about
 * itself at the first login, not at the start: the gateway starts without it. What its methods reject with, `failureOf` reads.
 */
@Injectable()
export class HostIssuer {
  private readonly options: IssuerOptions | undefined;
  private known: Known | undefined;

  constructor(@Inject(ENV) private readonly env: GatewayEnv) {
    this.options = issuerOptions(env);
  }

  /** Where a browser logs in; `anew`: even when the issuer knows it already. */
  async loginUrl({ state, nonce, verifier }: LoginUnderWay, { anew }: { anew: boolean }): Promise<string> {
    const configuration = await this.inTime(this.configuration());
    const url = oidc.buildAuthorizationUrl(configuration, {
      redirect_uri: this.env.PUBLIC_URL + CALLBACK_PATH,
      scope: this.env.MERCHANT_LOGIN_SCOPES,
      state,
      nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...(anew && { prompt: 'login' }),
    });
    return url.href;
  }

  /** Who came back, by the ID token that his code is exchanged for. `search`: the query that the browser brought. */
  async merchantOf(search: string, login: LoginUnderWay): Promise<KnownMerchant> {
    const current = new URL(CALLBACK_PATH + search, this.env.PUBLIC_URL);
    const claims = await this.inTime(this.exchange(current, login));
    const merchant = merchantId.safeParse(claims[this.env.MERCHANT_ID_CLAIM]);
    const person = subject.safeParse(claims.sub);
    if (!merchant.success) throw new NoMerchant(`the claim ${this.env.MERCHANT_ID_CLAIM} is no merchant's id`);
    if (!person.success) throw new NoMerchant('the claim sub is no line of 200 characters');
    return { subject: person.data, merchantId: merchant.data };
  }

  private async exchange(current: URL, { state, nonce, verifier }: LoginUnderWay): Promise<oidc.IDToken> {
    const configuration = await this.configuration();
    const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier };
    const tokens = await oidc.authorizationCodeGrant(configuration, current, checks).catch((error: unknown) => {
      // It may have moved, or the secret was replaced: the next login asks again.
      if (failureOf(error) !== 'refused') this.forget();
      throw error;
    });
    const claims = tokens.claims();
    if (claims === undefined) throw new Error('there is no ID token');
    return claims;
  }

  private async configuration(): Promise<oidc.Configuration> {
    if (this.known === undefined || performance.now() > this.known.untilMs) {
      this.known = { configuration: this.discover(), untilMs: performance.now() + KNOWN_MS };
    }
    const { known } = this;
    try {
      return await known.configuration;
    } catch (error) {
      if (this.known === known) this.forget();
      throw error;
    }
  }

  private async discover(): Promise<oidc.Configuration> {
    if (this.options === undefined) throw new Error('MERCHANT_LOGIN is not oidc');
    const { issuer, clientId, secretFile } = this.options;
    // Signatures are looked at although the token comes from the issuer itself over TLS, where OpenID Connect would let us trust it.
    const execute = [oidc.enableNonRepudiationChecks, ...(issuer.startsWith('http:') ? [WITHOUT_TLS] : [])];
    const authentication = clientAuthentication(await readSecret(secretFile));
    const options = { [oidc.customFetch]: boundedFetch, timeout: ISSUER_SECONDS, execute };
    const found = await oidc.discovery(new URL(issuer), clientId, undefined, authentication, options);
    // The library makes exceptions for Microsoft's issuers of many tenants; there anybody's tenant could name our merchants.
    if (new URL(found.serverMetadata().issuer).href !== new URL(issuer).href) throw new Error('the metadata is another issuer’s');
    return found;
  }

  private forget(): void {
    this.known = undefined;
  }

  private async inTime<Answer>(work: Promise<Answer>): Promise<Answer> {
    return await withBudget(performance.now() + ISSUER_SECONDS * 1000, () => inBudget(work, "The platform's login"));
  }
}

/** RFC 6749, 2.3.1: Basic, which every issuer has to take, unless this one says that it does not. */
function clientAuthentication(secret: string): oidc.ClientAuth {
  const [basic, post] = [oidc.ClientSecretBasic(secret), oidc.ClientSecretPost(secret)];
  return (server, client, body, headers) => {
    const { token_endpoint_auth_methods_supported: methods = ['client_secret_basic'] } = server;
    const authenticate = methods.includes('client_secret_basic') ? basic : post;
    authenticate(server, client, body, headers);
  };
}

async function readSecret(file: string): Promise<string> {
  const secret = (await readFile(file, 'latin1')).trim();
  const isSecret = secret !== '' && secret.length <= MAX_SECRET_CHARACTERS && !/[^\x20-\x7e]/.test(secret);
  if (!isSecret) throw new Error('the file of MERCHANT_LOGIN_CLIENT_SECRET_FILE holds no secret');
  return secret;
}
