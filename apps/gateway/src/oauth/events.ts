import type { EventEmitter } from 'node:events';
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { Counter } from 'prom-client';
import type { Logger } from '@hookwright/runtime';

const REFUSALS = ['authorization.error', 'grant.error', 'introspection.error', 'revocation.error', 'discovery.error'] as const;
const MAX_DETAIL_LENGTH = 200;

const tokens = new Counter({
  name: 'hookwright_oauth_tokens_total',
  help: 'Access tokens issued, by grant type',
  labelNames: ['grant'],
});

const failures = new Counter({
  name: 'hookwright_oauth_errors_total',
  help: 'OAuth requests that were refused or failed, by endpoint and error code',
  labelNames: ['endpoint', 'error'],
});

interface Failure extends Error {
  readonly error?: string | undefined;
  readonly error_description?: string | undefined;
  readonly error_detail?: string | undefined;
}

/** Counts and logs what the authorization server does: codes and reasons, never what came in a request. */
export function watch(provider: Provider, logger: Logger): void {
  provider.on('grant.success', ({ oidc }) => tokens.inc({ grant: String(oidc.params?.['grant_type']) }));
  for (const event of REFUSALS)
    provider.on(event as 'grant.error', (ctx: KoaContextWithOIDC, failure: Failure) => noteRefusal(ctx, failure, logger));
  provider.on('server_error', (ctx, failure) => {
    failures.inc({ endpoint: ctx.oidc.route, error: 'server_error' });
    logger.error({ endpoint: ctx.oidc.route, err: failure }, 'oauth.failed');
  });
  // Of Koa itself, e.g. a connection that broke while the answer went out.
  (provider as EventEmitter).on('error', (failure: unknown) => logger.warn({ err: failure }, 'oauth.answer_failed'));
}

function noteRefusal(
  { oidc, status }: KoaContextWithOIDC,
  { error = 'server_error', error_detail: detail, ...failure }: Failure,
  logger: Logger,
): void {
  failures.inc({ endpoint: oidc.route, error });
  const fields = { endpoint: oidc.route, status, error, client_id: oidc.client?.clientId };
  const reason = (detail ?? failure.error_description ?? '').slice(0, MAX_DETAIL_LENGTH);
  if (status === 503) logger.warn({ ...fields, reason }, 'oauth.unavailable');
  else logger.info({ ...fields, reason }, 'oauth.refused');
}
