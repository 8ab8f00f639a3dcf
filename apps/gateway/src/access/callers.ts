import { createHash, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { inBudget } from '@hookwright/runtime';
import { ApiKeys } from '../api-keys/api-keys.ts';
import { ENV, type GatewayEnv } from '../env.ts';
import { MerchantSessions } from '../merchant-session/merchant-sessions.ts';
import { AccessTokens } from '../oauth/access-tokens.ts';
import { bearerToken } from './bearer-token.ts';
import type { Access, Caller, MerchantCaller } from './caller.ts';

// An access token is random: one of 64^8 begins like this.
const API_KEY = /^hw_(live|test)_/;

/** Whose a request's credential is. */
@Injectable()
export class Callers {
  private readonly operatorTokenHash: Buffer;

  constructor(
    private readonly apiKeys: ApiKeys,
    private readonly accessTokens: AccessTokens,
    private readonly sessions: MerchantSessions,
    @Inject(ENV) env: GatewayEnv,
  ) {
    this.operatorTokenHash = sha256(env.OPERATOR_TOKEN);
  }

  /** The caller, when the credential is one that this kind of route takes. */
  async find(request: FastifyRequest, access: Access): Promise<Caller | undefined> {
    if (access === 'public') return undefined;
    return access === 'merchant' ? await this.merchant(request) : await this.bearer(request, access);
  }

  private async bearer(request: FastifyRequest, access: Access): Promise<Caller | undefined> {
    const token = bearerToken(request);
    if (token === undefined) return undefined;
    if (access === 'operator')
      return timingSafeEqual(sha256(token), this.operatorTokenHash) ? { kind: 'operator', id: 'operator' } : undefined;
    const finding = API_KEY.test(token) ? this.apiKeys.find(token) : this.accessTokens.find(token);
    const caller = await inBudget<Caller | undefined>(finding, 'The database');
    return caller?.kind === (access === 'installation' ? 'installation' : 'partner') ? caller : undefined;
  }

  /** By the cookie of his login: that he meant to send it, the door sees to. */
  private async merchant(request: FastifyRequest): Promise<MerchantCaller | undefined> {
    const session = await this.sessions.find(request);
    if (session === undefined) return undefined;
    return { kind: 'merchant', id: this.sessions.nameOf(session), merchantId: session.merchantId };
  }
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
