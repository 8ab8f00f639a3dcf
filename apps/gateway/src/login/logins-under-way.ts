import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { inBudget } from '@hookwright/runtime';
import { ENV, type GatewayEnv } from '../env.ts';
import { cookieName, cookieOf, setCookie } from '../merchant-session/cookie.ts';
import { TransientStore } from '../oauth/adapters/transient-store.ts';

const MODEL = 'MerchantLogin';
const SECONDS = 600;
const RANDOM_BYTES = 32;
const RANDOM = /^[\w-]{43}$/;

const kept = z.object({ nonce: z.string(), verifier: z.string(), returnTo: z.string() });

/** What a login at the host platform has to come back with, or by; each is 256 random bits. */
export interface LoginUnderWay {
  readonly state: string;
  /** Comes back in the ID token (OpenID Connect Core 1.0, 3.1.2.1). */
  readonly nonce: string;
  /** Proves that who has the code is who asked for it (RFC 7636). */
  readonly verifier: string;
  /** The page of ours that sent the browser to the login. */
  readonly returnTo: string;
}

/**
 * Logins that were begun: ten minutes each, in Redis. What is kept opens with the state and the browser's cookie together: a state that
 * somebody saw, or made somebody else's browser bring, opens nothing (RFC 9700, 4.7).
 */
@Injectable()
export class LoginsUnderWay {
  private readonly secure: boolean;
  private readonly cookie: string;

  constructor(
    private readonly store: TransientStore,
    @Inject(ENV) env: GatewayEnv,
  ) {
    this.secure = env.PUBLIC_URL.startsWith('https:');
    this.cookie = cookieName('hw_login', { secure: this.secure });
  }

  /** A new login, with the Set-Cookie header of the browser that it is for. A browser may have several, in several tabs. */
  async begin(request: Pick<FastifyRequest, 'headers'>, returnTo: string): Promise<{ login: LoginUnderWay; cookie: string }> {
    const browser = this.browserOf(request) ?? random();
    const login = { state: random(), nonce: random(), verifier: random(), returnTo };
    const { state, ...payload } = login;
    await inBudget(this.store.put(MODEL, idOf(state, browser), { payload, seconds: SECONDS }), 'Redis');
    return { login, cookie: setCookie(this.cookie, browser, { secure: this.secure, seconds: SECONDS }) };
  }

  /** The login that a state stands for, in the browser that began it, and once. */
  async take(request: Pick<FastifyRequest, 'headers'>, state: string | null): Promise<LoginUnderWay | undefined> {
    const browser = this.browserOf(request);
    if (browser === undefined || state === null || !RANDOM.test(state)) return undefined;
    const id = idOf(state, browser);
    if (!(await inBudget(this.store.consume(MODEL, id), 'Redis'))) return undefined;
    const found = await inBudget(this.store.get(MODEL, id), 'Redis');
    return found === undefined ? undefined : { state, ...kept.parse(found.payload) };
  }

  private browserOf({ headers }: Pick<FastifyRequest, 'headers'>): string | undefined {
    const value = cookieOf(headers.cookie, this.cookie);
    return value !== undefined && RANDOM.test(value) ? value : undefined;
  }
}

function random(): string {
  return randomBytes(RANDOM_BYTES).toString('base64url');
}

function idOf(state: string, browser: string): string {
  return `${state}.${browser}`;
}
