import { generateKeyPairSync } from 'node:crypto';
import type { Adapter, Configuration } from 'oidc-provider';
import type { GatewayEnv } from '../env.ts';
import { type OAuthClient, appOf } from './client-app.ts';
import { consentPolicy, defaultScope, grantOfConsent, requireState } from './consent-policy.ts';
import { renderErrorPage } from './error-page.ts';
import { defaultResource, resourceServer } from './resources.ts';
import type { TokenExtras } from './token-extras.ts';

/** The platform's own resource servers, as a client: it may look at every token, and do nothing else. */
export const INTROSPECTION_CLIENT_ID = 'platform';

/** Of oidc-provider's own session, which is kept nowhere: answers.ts takes it away again. */
export const NO_SESSION_COOKIE = 'hw_no_session';

const INTERACTION_SECONDS = 3600;
// A grant ends with its family of tokens (Grants, OAuthSweep), never by itself; the library wants a number.
const NEVER_SECONDS = 10 * 365 * 24 * 3600;
// What our own keys may be (apps/registry, jwks.ts). HMAC is not among them: a secret is kept as a hash, which verifies no MAC.
const CLIENT_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'] as const;

export interface ConfigurationParts {
  readonly env: GatewayEnv;
  readonly adapterOf: (model: string) => Adapter;
  readonly tokenExtras: TokenExtras;
}

/**
 * oidc-provider as an OAuth 2.0 authorization server: no OpenID Connect, nothing that fetches from a URL of a client's, and of what it can
 * do only what api.md has. Every default that is not named here was read in 9.13.3, to which package.json pins it.
 */
export function providerConfiguration({ env, adapterOf, tokenExtras }: ConfigurationParts): Configuration {
  return {
    adapter: adapterOf,
    routes: {
      authorization: '/oauth/authorize',
      token: '/oauth/token',
      revocation: '/oauth/revoke',
      introspection: '/oauth/introspect',
      jwks: '/oauth/jwks',
    },
    features: featuresOf(env),
    interactions: { url: (_ctx, { uid }) => `/oauth/interaction/${uid}`, policy: consentPolicy() },
    loadExistingGrant: grantOfConsent,
    extraParams: { state: requireState, scope: defaultScope },
    cookies: cookiesOf(env),
    clients: introspectionClient(env),
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    extraClientMetadata: { properties: ['hookwright_app'] },
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    enabledJWA: { clientAuthSigningAlgValues: [...CLIENT_ALGORITHMS] },
    clientBasedCORS: () => false,
    responseTypes: ['code'],
    pkce: { required: () => true },
    allowOmittingSingleRegisteredRedirectUri: false,
    acceptQueryParamAccessTokens: false,
    scopes: [],
    extraTokenClaims: (ctx, token) => tokenExtras.of(ctx, token),
    expiresWithSession: () => false,
    rotateRefreshToken: true,
    issueRefreshToken: (_ctx, client) => Promise.resolve(client.grantTypeAllowed('refresh_token')),
    ttl: lifetimes(env),
    jwks: unusedKeys(),
    findAccount: (_ctx, merchantId) => ({ accountId: merchantId, claims: () => ({ sub: merchantId }) }),
    renderError: renderErrorPage,
  };
}

function featuresOf({ PUBLIC_URL: publicUrl }: GatewayEnv): NonNullable<Configuration['features']> {
  const isOwn = (client: OAuthClient, token: { readonly clientId?: string | undefined }): boolean => token.clientId === client.clientId;
  return {
    clientCredentials: { enabled: true },
    revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => Promise.resolve(isOwn(client, token)) },
    introspection: {
      enabled: true,
      allowedPolicy: (_ctx, client, token) => Promise.resolve(appOf(client) === undefined || isOwn(client, token)),
    },
    resourceIndicators: {
      enabled: true,
      defaultResource: (ctx, _client, oneOf) => oneOf ?? defaultResource(ctx, publicUrl),
      useGrantedResource: () => true,
      getResourceServerInfo: (ctx, resource, client) => resourceServer(ctx, resource, { client, publicUrl }),
    },
    devInteractions: { enabled: false },
    dPoP: { enabled: false },
    pushedAuthorizationRequests: { enabled: false },
    rpInitiatedLogout: { enabled: false },
    userinfo: { enabled: false },
  };
}

/**
 * Cookies hold a random id each, for one path and an hour. Unsigned: whoever could set another one could set another's signed one, and no
 * signature helps against guessing 126 bits.
 */
function cookiesOf({ PUBLIC_URL: publicUrl }: GatewayEnv): NonNullable<Configuration['cookies']> {
  const prefix = publicUrl.startsWith('https:') ? '__Secure-' : '';
  const options = { httpOnly: true, sameSite: 'lax' } as const;
  return {
    names: { session: NO_SESSION_COOKIE, interaction: `${prefix}hw_interaction`, resume: `${prefix}hw_resume` },
    long: options,
    short: options,
  };
}

function introspectionClient({ INTROSPECTION_SECRET: secret }: GatewayEnv): NonNullable<Configuration['clients']> {
  if (secret === undefined) return [];
  return [{ client_id: INTROSPECTION_CLIENT_ID, client_secret: secret, grant_types: [], response_types: [], redirect_uris: [] }];
}

function lifetimes(env: GatewayEnv): NonNullable<Configuration['ttl']> {
  return {
    AccessToken: env.ACCESS_TOKEN_SECONDS,
    ClientCredentials: env.ACCESS_TOKEN_SECONDS,
    RefreshToken: env.REFRESH_TOKEN_SECONDS,
    AuthorizationCode: env.AUTHORIZATION_CODE_SECONDS,
    Interaction: INTERACTION_SECONDS,
    Session: INTERACTION_SECONDS,
    Grant: NEVER_SECONDS,
    IdToken: env.ACCESS_TOKEN_SECONDS,
  };
}

/** The library wants a key to sign ID tokens with. None is ever issued, and nobody is told the key. */
function unusedKeys(): NonNullable<Configuration['jwks']> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { keys: [privateKey.export({ format: 'jwk' })] };
}
