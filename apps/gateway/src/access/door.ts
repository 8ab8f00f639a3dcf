import { createHash, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem, inBudget } from '@hookwright/runtime';
import { ApiKeys } from '../api-keys/api-keys.ts';
import { ENV, type GatewayEnv } from '../env.ts';
import { AccessTokens } from '../oauth/access-tokens.ts';
import { RateLimit } from '../rate-limit/rate-limit.ts';
import { WrongCredentials } from '../rate-limit/wrong-credentials.ts';
import { bearerToken } from './bearer-token.ts';
import type { Access, Caller } from './caller.ts';

const REALM = 'Bearer realm="hookwright"';
// An access token is random: one of 64^8 begins like this.
const API_KEY = /^hw_(live|test)_/;

/**
 * Lets a request in or not, before its body is read: who asks, how often, and whether this route is for them.
 * A Fastify hook and not a Nest guard: guards run after the body was received, and not at all when it cannot be read.
 */
@Injectable()
export class Door {
  private readonly operatorTokenHash: Buffer;

  constructor(
    private readonly apiKeys: ApiKeys,
    private readonly accessTokens: AccessTokens,
    private readonly rateLimit: RateLimit,
    private readonly wrongCredentials: WrongCredentials,
    @Inject(ENV) env: GatewayEnv,
  ) {
    this.operatorTokenHash = sha256(env.OPERATOR_TOKEN);
  }

  /** Rejects with the problem to answer; otherwise `request.caller` is set on every route that is not public. */
  async admit(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { access = 'public' } = request.routeOptions.config;
    const caller = await this.identify(request, access).catch(async (error: unknown) => {
      // Nobody knows who it is: the limit of the address counts, so that its headers are on this answer too.
      await this.limit(request, reply);
      throw error;
    });
    await this.limit(request, reply, caller);
    if (access === 'public') return;
    if (caller === undefined) throw await this.refusal(request, reply);
    if (caller.kind === 'partner' && access !== 'partner' && !caller.scopes.has(access)) throw insufficientScope(access, reply);
    request.caller = caller;
  }

  private async refusal(request: FastifyRequest, reply: FastifyReply): Promise<Problem> {
    if (request.headers.authorization !== undefined) await this.wrongCredentials.ofAddress(request.ip);
    return unauthenticated(request, reply);
  }

  private async limit(request: FastifyRequest, reply: FastifyReply, caller?: Caller): Promise<void> {
    if (!isProbe(request)) await this.rateLimit.take(caller === undefined ? `ip:${request.ip}` : limitedAs(caller), reply);
  }

  /** The caller, when the credential is one that this kind of route takes. */
  private async identify(request: FastifyRequest, access: Access): Promise<Caller | undefined> {
    const token = access === 'public' ? undefined : bearerToken(request);
    if (token === undefined) return undefined;
    if (access === 'operator')
      return timingSafeEqual(sha256(token), this.operatorTokenHash) ? { kind: 'operator', id: 'operator' } : undefined;
    const finding = API_KEY.test(token) ? this.apiKeys.find(token) : this.accessTokens.find(token);
    const caller = await inBudget<Caller | undefined>(finding, 'The database');
    return caller?.kind === (access === 'installation' ? 'installation' : 'partner') ? caller : undefined;
  }
}

/** An app that asks for one token after the other has one limit all the same. */
function limitedAs(caller: Caller): string {
  if (caller.kind === 'installation') return `installation:${caller.installationId}`;
  return caller.kind === 'partner' && caller.appId !== undefined ? `app:${caller.appId}` : caller.id;
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Orchestrators and Prometheus ask every few seconds from one address: they are not limited. */
function isProbe({ routeOptions: { url = '' } }: FastifyRequest): boolean {
  return url.startsWith('/health') || url === '/metrics';
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
