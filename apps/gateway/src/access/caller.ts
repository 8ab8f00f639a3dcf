import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Mode } from '@hookwright/contracts';
import type { Scope } from './scopes.ts';

export type KeyMode = 'live' | 'test';

/** Who asks: the holder of a partner's API key, or the operator. */
export type Caller = PartnerCaller | { readonly kind: 'operator'; readonly id: 'operator' };

export interface PartnerCaller {
  readonly kind: 'partner';
  /** Of the API key. */
  readonly id: string;
  readonly partnerId: string;
  readonly mode: KeyMode;
  readonly scopes: ReadonlySet<string>;
}

/** Whose apps a request is about: a partner's in one mode. What belongs to another one is not found. */
export interface Tenant {
  readonly partnerId: string;
  readonly mode: Mode;
}

/** What a route asks of its caller: a scope of a partner's key, any key of a partner, the operator, or nothing. */
export type Access = Scope | 'partner' | 'operator' | 'public';

declare module 'fastify' {
  interface FastifyRequest {
    caller?: Caller;
  }
  interface FastifyContextConfig {
    access?: Access;
  }
}

/** The tenant that the caller's key belongs to; for routes that only partners reach. */
export const CallersTenant = createParamDecorator((_data: unknown, context: ExecutionContext): Tenant => {
  const { caller } = context.switchToHttp().getRequest<FastifyRequest>();
  if (caller?.kind !== 'partner') throw new Error('a route with a tenant must be open to partners only');
  return { partnerId: caller.partnerId, mode: protoMode(caller.mode) };
});

export function protoMode(mode: KeyMode): Mode {
  return mode === 'live' ? Mode.LIVE : Mode.TEST;
}

export function keyMode(mode: Mode): KeyMode {
  return mode === Mode.LIVE ? 'live' : 'test';
}
