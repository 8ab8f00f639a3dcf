import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import type { Provider } from 'oidc-provider';
import { Problem } from '@hookwright/runtime';

interface OAuthRoute {
  readonly method: HTTPMethods;
  readonly url: string;
}

/** What of oidc-provider can be reached. */
const ROUTES: readonly OAuthRoute[] = [
  { method: 'GET', url: '/.well-known/oauth-authorization-server' },
  { method: 'GET', url: '/oauth/authorize' },
  { method: 'GET', url: '/oauth/authorize/:uid' },
  { method: 'POST', url: '/oauth/token' },
  { method: 'POST', url: '/oauth/revoke' },
  { method: 'POST', url: '/oauth/introspect' },
];

/**
 * Hands requests to oidc-provider, which is a Koa application. In a scope of its own, whose body parser leaves the body to Koa; the hooks
 * (door, budget, metrics, log) are the same as everywhere.
 */
export function registerOAuth(fastify: FastifyInstance, provider: Provider, publicUrl: string): void {
  const { protocol, host } = new URL(publicUrl);
  const { bodyLimit = Infinity } = fastify.initialConfig;
  const answer = provider.callback();
  const handler = (request: FastifyRequest, reply: FastifyReply): void => {
    const { raw } = request;
    // What Koa's own limit is for is less, and it calls what is over it unreadable.
    if (Number(raw.headers['content-length'] ?? 0) > bodyLimit) throw new Problem('body_too_large', 'A body may have 1 MiB at most.');
    // Never a caller's: they decide which URLs are answered, and whether cookies are for https only.
    raw.headers['x-forwarded-proto'] = protocol.slice(0, -1);
    raw.headers['x-forwarded-host'] = host;
    delete raw.headers['x-forwarded-for'];
    reply.hijack();
    for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) reply.raw.setHeader(name, value);
    void answer(raw, reply.raw);
  };
  void fastify.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _payload, parsed) => parsed(null));
    for (const { method, url } of ROUTES) scope.route({ method, url, config: { access: 'public' }, handler });
    done();
  });
}
