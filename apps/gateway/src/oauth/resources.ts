import { type KoaContextWithOIDC, type ResourceServer, errors } from 'oidc-provider';
import { SCOPES } from '../access/scopes.ts';
import { type OAuthClient, requireApp } from './client-app.ts';

/** Audience of tokens that a merchant's consent led to: whatever the platform lets its merchants' apps do. */
export const MERCHANT_RESOURCE = 'urn:hookwright:merchant';

/** The scope that every such token has: to read its own installation. */
export const INSTALLATION_SCOPE = 'installation.read';

/** Audience of tokens that an app asks for as itself: this API. */
export function apiResource(publicUrl: string): string {
  return `${publicUrl}/v1`;
}

/** The resource that a request is about when it names none (RFC 8707, 2). There is one for each kind of grant. */
export function defaultResource(ctx: KoaContextWithOIDC, publicUrl: string): string {
  return isAppsOwn(ctx) ? apiResource(publicUrl) : MERCHANT_RESOURCE;
}

/** What may be asked for at a resource. Throws `invalid_target` for any other than the one of the kind of grant. */
export function resourceServer(
  ctx: KoaContextWithOIDC,
  resource: string,
  { client, publicUrl }: { client: OAuthClient; publicUrl: string },
): ResourceServer {
  if (resource !== defaultResource(ctx, publicUrl)) throw new errors.InvalidTarget();
  if (!isAppsOwn(ctx)) return { scope: [INSTALLATION_SCOPE, ...requireApp(client).scopes].join(' '), accessTokenFormat: 'opaque' };
  requireKnownScope(ctx);
  return { scope: SCOPES.join(' '), accessTokenFormat: 'opaque' };
}

function isAppsOwn({ oidc }: KoaContextWithOIDC): boolean {
  return oidc.route === 'token' && oidc.params?.['grant_type'] === 'client_credentials';
}

/** Without a scope all of them are asked for (RFC 6749, 3.3). Those that do not exist are left out, unless there is no other. */
function requireKnownScope({ oidc }: KoaContextWithOIDC): void {
  const { params } = oidc;
  if (params === undefined) return;
  params['scope'] ??= SCOPES.join(' ');
  const known = SCOPES.some((scope) => oidc.requestParamScopes.has(scope));
  if (!known) throw new errors.InvalidScope(`scopes are ${SCOPES.join(' ')}`, String(params['scope']));
}
