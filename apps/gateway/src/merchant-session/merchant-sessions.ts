import { createHash, randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { inBudget } from '@hookwright/runtime';
import { ENV, type GatewayEnv } from '../env.ts';
import { MerchantErasuresRepository } from '../merchants/merchant-erasures.repository.ts';
import { TransientStore } from '../oauth/adapters/transient-store.ts';
import { cookieName, cookieOf, setCookie } from './cookie.ts';

const MODEL = 'MerchantSession';
const SECONDS = 3600;
const ID_BYTES = 32;
const ID = /^[\w-]{43}$/;
// Enough of the hash to be nobody else's, and nothing to find the session by.
const NAME_LENGTH = 22;

const kept = z.object({ merchantId: z.string(), subject: z.string(), loggedInFor: z.string(), beganAtMs: z.number().default(0) });

/** Who a browser belongs to, as the host platform's login said. */
export interface MerchantSession {
  /** The cookie's value: a secret. */
  readonly id: string;
  readonly merchantId: string;
  /** The person, as the platform names it. */
  readonly subject: string;
  /** The page that sent him to the login. */
  readonly loggedInFor: string;
}

/** Logins of merchants: an hour each, in Redis, of no use without the cookie. */
@Injectable()
export class MerchantSessions {
  private readonly secure: boolean;
  private readonly cookie: string;

  constructor(
    private readonly store: TransientStore,
    private readonly erasures: MerchantErasuresRepository,
    @Inject(ENV) env: GatewayEnv,
  ) {
    this.secure = env.PUBLIC_URL.startsWith('https:');
    this.cookie = cookieName('hw_merchant', { secure: this.secure });
  }

  /** A new session, always with a new id: one that somebody knew before the login would be his too. Returns the Set-Cookie header. */
  async begin(login: Omit<MerchantSession, 'id'>): Promise<string> {
    const id = randomBytes(ID_BYTES).toString('base64url');
    await inBudget(this.store.put(MODEL, id, { payload: { ...login, beganAtMs: Date.now() }, seconds: SECONDS }), 'Redis');
    return setCookie(this.cookie, id, { secure: this.secure, seconds: SECONDS });
  }

  async find({ headers }: Pick<FastifyRequest, 'headers'>): Promise<MerchantSession | undefined> {
    const id = this.idOf({ headers });
    if (id === undefined) return undefined;
    const found = await inBudget(this.store.get(MODEL, id), 'Redis');
    if (found === undefined) return undefined;
    const { beganAtMs, ...session } = kept.parse(found.payload);
    // Sessions are found by their cookies only, so that those of a merchant who is erased cannot be looked for: they end here.
    const isErased = await inBudget(this.erasures.wasRequestedSince(session.merchantId, new Date(beganAtMs)), 'The database');
    return isErased ? undefined : { id, ...session };
  }

  /** The cookie's value, whether or not there is such a session. */
  idOf({ headers }: Pick<FastifyRequest, 'headers'>): string | undefined {
    const id = cookieOf(headers.cookie, this.cookie);
    return id !== undefined && ID.test(id) ? id : undefined;
  }

  /** What records may have of a session. */
  nameOf({ id }: Pick<MerchantSession, 'id'>): string {
    return `mss_${createHash('sha256').update(id).digest('base64url').slice(0, NAME_LENGTH)}`;
  }

  /** Ends the session of a request's cookie. Returns the Set-Cookie header that takes the cookie away. */
  async end(request: Pick<FastifyRequest, 'headers'>): Promise<string> {
    const id = this.idOf(request);
    if (id !== undefined) await inBudget(this.store.delete(MODEL, id), 'Redis');
    return setCookie(this.cookie, '', { secure: this.secure, seconds: 0 });
  }
}
