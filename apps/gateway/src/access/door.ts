import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '@hookwright/runtime';
import { ENV, type GatewayEnv } from '../env.ts';
import { isFromOwnScript } from '../merchant-session/csrf.ts';
import { RateLimit } from '../rate-limit/rate-limit.ts';
import { WrongCredentials } from '../rate-limit/wrong-credentials.ts';
import type { Access, Caller } from './caller.ts';
import { Callers } from './callers.ts';

const REALM = 'Bearer realm="hookwright"';
// A 401 names a way to log in (RFC 9110, 15.5.2); for cookies no scheme is registered.
const COOKIE_REALM = 'Cookie realm="hookwright"';

/**
 * Lets a request in or not, before its body is read: who asks, how often, and whether this route is for them.
 * A Fastify hook and not a Nest guard: guards run after the body was received, and not at all when it cannot be read.
 */
@Injectable()
export class Door {
  constructor(
    private readonly callers: Callers,
    private readonly rateLimit: RateLimit,
    private readonly wrongCredentials: WrongCredentials,
    @Inject(ENV) private readonly env: GatewayEnv,
  ) {}

  /** Rejects with the problem to answer; otherwise `request.caller` is set on every route that is not public. */
  async admit(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { access = 'public' } = request.routeOptions.config;
    const caller = await this.callers.find(request, access).catch(async (error: unknown) => {
      // Nobody knows who it is: the limit of the address counts, so that its headers are on this answer too.
      await this.limit(request, reply);
      throw error;
    });
    await this.limit(request, reply, caller);
    if (access === 'public') return;
    if (caller === undefined) throw await this.refusal(request, reply, access);
    if (caller.kind === 'merchant' && !this.isMeant(request)) throw crossSite();
    if (caller.kind === 'partner' && access !== 'partner' && !caller.scopes.has(access)) throw insufficientScope(access, reply);
    request.caller = caller;
  }

  private async refusal(request: FastifyRequest, reply: FastifyReply, access: Access): Promise<Problem> {
    if (request.headers.authorization !== undefined) await this.wrongCredentials.ofAddress(request.ip);
    return access === 'merchant' ? notLoggedIn(reply) : unauthenticated(request, reply);
  }

  /** A browser sends a merchant's cookie along with whatever a page makes it send: what changes something must come from a page of ours. */
  private isMeant({ method, headers }: FastifyRequest): boolean {
    return method === 'GET' || method === 'HEAD' || isFromOwnScript(headers, this.env.PUBLIC_URL);
  }

  private async limit(request: FastifyRequest, reply: FastifyReply, caller?: Caller): Promise<void> {
    if (!isProbe(request)) await this.rateLimit.take(caller === undefined ? `ip:${request.ip}` : limitedAs(caller), reply);
  }
}

/** An app that asks for one token after the other has one limit all the same, and so has a merchant who logs in again and again. */
function limitedAs(caller: Caller): string {
  if (caller.kind === 'installation') return `installation:${caller.installationId}`;
  if (caller.kind === 'merchant') return `merchant:${caller.merchantId}`;
  return caller.kind === 'partner' && caller.appId !== undefined ? `app:${caller.appId}` : caller.id;
}

/** Orchestrators and Prometheus ask every few seconds from one address: they are not limited. */
function isProbe({ routeOptions: { url = '' } }: FastifyRequest): boolean {
  return url.startsWith('/health') || url === '/metrics';
}

function crossSite(): Problem {
  return new Problem('cross_site_request', 'A change with a merchant’s login must be sent by a page of this origin.');
}

function notLoggedIn(reply: FastifyReply): Problem {
  reply.header('www-authenticate', COOKIE_REALM);
  return new Problem('unauthenticated', 'Log in at /merchant first: this needs the cookie of a merchant’s login.');
}

function unauthenticated(request: FastifyRequest, reply: FastifyReply): Problem {
  const given = request.headers.authorization !== undefined;
  reply.header('www-authenticate', given ? `${REALM}, error="invalid_token"` : REALM);
  const detail = given
    ? 'The credentials are not known, or not for this part of the API.'
    : 'Send "Authorization: Bearer" with an API key or an access token.';
  return new Problem('unauthenticated', detail);
}

function insufficientScope(scope: Access, reply: FastifyReply): Problem {
  reply.header('www-authenticate', `${REALM}, error="insufficient_scope", scope="${scope}"`);
  return new Problem('insufficient_scope', `The credential has no scope ${scope}.`);
}
