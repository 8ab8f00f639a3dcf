import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Mode } from '@hookwright/contracts';
import type { Scope } from './scopes.ts';

export type KeyMode = 'live' | 'test';

/** Who asks: a partner, with an API key or by one of its apps; an app for one of its installations; a merchant; or the operator. */
export type Caller = PartnerCaller | InstallationCaller | MerchantCaller | { readonly kind: 'operator'; readonly id: 'operator' };

export interface PartnerCaller {
  readonly kind: 'partner';
  /** Of the API key, or of the access token. */
  readonly id: string;
  readonly partnerId: string;
  readonly mode: KeyMode;
  /** Whoever has a token of an app (client_credentials) sees that app only. */
  readonly appId?: string;
  readonly scopes: ReadonlySet<string>;
}

/** The holder of an access token that a merchant's consent led to. */
export interface InstallationCaller {
  readonly kind: 'installation';
  /** Of the access token. */
  readonly id: string;
  readonly partnerId: string;
  readonly mode: KeyMode;
  readonly appId: string;
  readonly installationId: string;
}

/** A merchant's browser. */
export interface MerchantCaller {
  readonly kind: 'merchant';
  /** Of the login. */
  readonly id: string;
  readonly merchantId: string;
}

/** Whose apps a request is about: a partner's in one mode, or one of them. What belongs to another one is not found. */
export interface Tenant {
  readonly partnerId: string;
  readonly mode: Mode;
  readonly appId?: string;
}

/**
 * What a route asks of its caller: a scope of a partner's credential, any of a partner, an installation's token, a merchant's login, the
 * operator, or nothing.
 */
export type Access = Scope | 'partner' | 'installation' | 'merchant' | 'operator' | 'public';

declare module 'fastify' {
  interface FastifyRequest {
    caller?: Caller;
  }
  interface FastifyContextConfig {
    access?: Access;
  }
}

/** The tenant that the caller's credential belongs to; for routes that only partners reach. */
export const CallersTenant = createParamDecorator((_data: unknown, context: ExecutionContext): Tenant => {
  const { caller } = context.switchToHttp().getRequest<FastifyRequest>();
  if (caller?.kind !== 'partner') throw new Error('a route with a tenant must be open to partners only');
  return tenantOf(caller);
});

/** The installation that the caller's access token belongs to; for routes that only such tokens reach. */
export const CallersInstallation = createParamDecorator((_data: unknown, context: ExecutionContext) => {
  const { caller } = context.switchToHttp().getRequest<FastifyRequest>();
  if (caller?.kind !== 'installation') throw new Error('a route of an installation must be open to its tokens only');
  return { tenant: tenantOf(caller), appId: caller.appId, installationId: caller.installationId };
});

/** The merchant whose browser asks; for routes that only merchants reach. */
export const CallersMerchant = createParamDecorator((_data: unknown, context: ExecutionContext): string => {
  const { caller } = context.switchToHttp().getRequest<FastifyRequest>();
  if (caller?.kind !== 'merchant') throw new Error('a route of a merchant must be open to merchants only');
  return caller.merchantId;
});

export function tenantOf({ partnerId, mode, appId }: PartnerCaller | InstallationCaller): Tenant {
  return { partnerId, mode: protoMode(mode), ...(appId !== undefined && { appId }) };
}

export function protoMode(mode: KeyMode): Mode {
  return mode === 'live' ? Mode.LIVE : Mode.TEST;
}

export function keyMode(mode: Mode): KeyMode {
  return mode === Mode.LIVE ? 'live' : 'test';
}
