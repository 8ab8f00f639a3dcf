import type { KoaContextWithOIDC } from 'oidc-provider';
import { SCOPES } from '../access/scopes.ts';
import { NO_SESSION_COOKIE } from './provider-configuration.ts';
import { INSTALLATION_SCOPE } from './resources.ts';

// Stores and services come back within seconds, or not soon.
const UNAVAILABLE_SECONDS = '2';
const METADATA = [
  'issuer',
  'authorization_endpoint',
  'token_endpoint',
  'revocation_endpoint',
  'introspection_endpoint',
  'response_types_supported',
  'grant_types_supported',
  'code_challenge_methods_supported',
  'token_endpoint_auth_methods_supported',
  'token_endpoint_auth_signing_alg_values_supported',
  'authorization_response_iss_parameter_supported',
];
const CORS = ['Access-Control-Allow-Origin', 'Access-Control-Expose-Headers'];

/** Koa middleware around oidc-provider: what its answers have more, or less, than it says. */
export async function finishAnswer(ctx: KoaContextWithOIDC, next: () => Promise<unknown>): Promise<void> {
  try {
    await next();
  } catch (error) {
    // Beyond the library's own handling of errors there is little left, and Koa would answer with a text and without our headers.
    ctx.app.emit('error', error, ctx);
    ctx.status = 500;
    ctx.body = { error: 'server_error', error_description: 'something went wrong' };
  }
  // No page of another site reads what is answered here, not even who is not authenticated.
  for (const name of CORS) ctx.remove(name);
  dropSessionCookie(ctx);
  if (ctx.status === 503) ctx.set('retry-after', UNAVAILABLE_SECONDS);
  const { oidc } = ctx as { readonly oidc?: KoaContextWithOIDC['oidc'] };
  if (oidc?.route === 'discovery') ctx.body = metadata(ctx.body as Record<string, unknown>);
  if (oidc?.route === 'token' && ctx.status === 200) ctx.body = { ...(ctx.body as object), ...installationOf(oidc) };
}

function dropSessionCookie({ res }: KoaContextWithOIDC): void {
  const cookies = [res.getHeader('set-cookie') ?? []].flat().map(String);
  const kept = cookies.filter((cookie) => !cookie.startsWith(`${NO_SESSION_COOKIE}=`));
  if (kept.length === cookies.length) return;
  if (kept.length === 0) res.removeHeader('set-cookie');
  else res.setHeader('set-cookie', kept);
}

/** Authorization server metadata (RFC 8414, 2), without the many fields that are OpenID Connect's. */
function metadata(all: Record<string, unknown>): Record<string, unknown> {
  const methods = all['token_endpoint_auth_methods_supported'];
  return {
    ...Object.fromEntries(METADATA.map((name) => [name, all[name]])),
    response_modes_supported: ['query'],
    scopes_supported: [...SCOPES, INSTALLATION_SCOPE],
    revocation_endpoint_auth_methods_supported: methods,
    introspection_endpoint_auth_methods_supported: methods,
  };
}

/** api.md: the token answer also carries these. */
function installationOf({ entities }: KoaContextWithOIDC['oidc']): Record<string, unknown> {
  const { merchant_id, installation_id } = entities.AccessToken?.extra ?? {};
  return merchant_id === undefined ? {} : { merchant_id, installation_id };
}
