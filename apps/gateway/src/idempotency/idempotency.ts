import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { LOGGER, type Logger, Problem, asProblem, budgetLeftMs, inBudget, withTimeout } from '@hookwright/runtime';
import { bearerToken } from '../access/bearer-token.ts';
import type { Caller } from '../access/caller.ts';
import type { IdempotencyKey } from '../generated/prisma/client.ts';
import { MerchantSessions } from '../merchant-session/merchant-sessions.ts';
import { IdempotencyRepository, type KeyRef } from './idempotency.repository.ts';
import { open, requestHash, seal } from './sealed-answer.ts';

// api.md: the first answer again for 24 h.
const KEEP_MS = 24 * 3600 * 1000;
const SWEEP_MS = 3600 * 1000;
// No request takes longer than 15 s: what still runs after a minute died with its process.
const DEAD_AFTER_MS = 60_000;
// A repeat waits for the first to finish, and is told to come again when it does not.
const WAITS_MS = [25, 50, 100, 200, 400, 800, 800];
// How long an answer waits at most to be kept when its request has used up its time; the keeping itself goes on.
const LEAST_KEEPING_MS = 100;
const STORE = 'The database';
const KEY = /^[\x21-\x7e]{1,255}$/;
const KEPT_HEADERS = ['content-type', 'etag'] as const;
const storedHeaders = z.record(z.string(), z.string());

interface Running extends KeyRef {
  readonly credential: string;
}

declare module 'fastify' {
  interface FastifyRequest {
    idempotency?: Running;
  }
}

/** POSTs with an Idempotency-Key are done once; who asks again gets the first answer again. */
@Injectable()
export class Idempotency implements OnApplicationBootstrap, OnModuleDestroy {
  private sweeper: NodeJS.Timeout | undefined;

  constructor(
    private readonly repository: IdempotencyRepository,
    private readonly sessions: MerchantSessions,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.sweeper = setInterval(() => void this.sweep(), SWEEP_MS);
  }

  onModuleDestroy(): void {
    clearInterval(this.sweeper);
  }

  /** Fastify's preHandler hook: lets the first request through, and answers every other one itself. */
  async begin(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const header = request.headers['idempotency-key'];
    const { caller } = request;
    if (request.method !== 'POST' || header === undefined || caller === undefined) return;
    const key = String(header);
    if (!KEY.test(key)) throw new Problem('invalid_request', 'Idempotency-Key must be 1 to 255 visible characters.');
    const running = { owner: caller.id, key: hashOf(key), credential: this.credentialOf(request, caller) };
    const hash = requestHash(request.method, request.url, request.body);
    const first = await this.takeOrRead(running, hash);
    if (first === undefined) request.idempotency = running;
    else await repeat(reply, first, running);
  }

  /** Fastify's onSend hook: keeps the answer before it goes out. One that may be better next time is not kept. */
  async finish(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown> {
    const running = request.idempotency;
    if (running === undefined) return payload;
    try {
      const kept =
        reply.statusCode >= 500 ? this.repository.release(running) : this.repository.finish(running, answerOf(reply, payload, running));
      await withTimeout(kept, Math.max(LEAST_KEEPING_MS, budgetLeftMs()));
    } catch (error) {
      // The work is done: the caller must hear of it. A repeat is told for a minute that it still runs.
      this.logger.warn({ request_id: request.id, reason: asProblem(error).message }, 'idempotency.not_kept');
    }
    return payload;
  }

  /** What only the caller has: it seals the answer. */
  private credentialOf(request: FastifyRequest, { kind }: Caller): string {
    const credential = kind === 'merchant' ? this.sessions.idOf(request) : bearerToken(request);
    if (credential === undefined) throw new Error('a caller must have shown a credential');
    return credential;
  }

  /** The first request's row once it is answered; undefined when this request is the first. */
  private async takeOrRead(ref: KeyRef, hash: Buffer<ArrayBuffer>): Promise<IdempotencyKey | undefined> {
    for (const waitMs of WAITS_MS) {
      if (await this.take(ref, hash)) return undefined;
      const row = await inBudget(this.repository.find(ref), STORE);
      if (row !== null && isDead(row)) await inBudget(this.repository.releaseUnchanged(row), STORE);
      else if (row !== null && !hash.equals(row.requestHash))
        throw new Problem('idempotency_key_reused', 'The key came with another request before.');
      else if (row?.status != null) return row;
      else if (waitMs < budgetLeftMs() / 2) await delay(waitMs);
      else break;
    }
    throw new Problem('idempotency_in_progress', 'The first request with this key is still running.', { retryAfterSeconds: 1 });
  }

  private async take(ref: KeyRef, hash: Buffer<ArrayBuffer>): Promise<boolean> {
    const taking = this.repository.take(ref, hash);
    try {
      return await inBudget(taking, STORE);
    } catch (error) {
      // Taken after its request was answered: nobody works for it, and its repeat must not wait.
      taking.then((taken) => (taken ? this.repository.release(ref) : undefined)).catch(() => undefined);
      throw error;
    }
  }

  private async sweep(): Promise<void> {
    try {
      await this.repository.deleteOlderThan(new Date(Date.now() - KEEP_MS));
    } catch (error) {
      this.logger.warn({ reason: asProblem(error).message }, 'idempotency.sweep_failed');
    }
  }
}

/** What is stored of a key: callers choose them freely, and what they put in is nobody's business. */
function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('base64url');
}

function isDead({ status, createdAt }: IdempotencyKey): boolean {
  const ageMs = Date.now() - createdAt.getTime();
  return ageMs > (status === null ? DEAD_AFTER_MS : KEEP_MS);
}

function answerOf(reply: FastifyReply, payload: unknown, { credential, key }: Running): Parameters<IdempotencyRepository['finish']>[1] {
  const kept = KEPT_HEADERS.map((name) => [name, reply.getHeader(name)] as const).filter(([, value]) => value !== undefined);
  const body = seal(typeof payload === 'string' ? payload : '', credential, key);
  return { status: reply.statusCode, headers: Object.fromEntries(kept.map(([name, value]) => [name, String(value)])), body };
}

async function repeat(reply: FastifyReply, { status, headers, body }: IdempotencyKey, { credential, key }: Running): Promise<void> {
  const text = body === null ? '' : open(body, credential, key);
  reply.code(status ?? 500).headers({ ...storedHeaders.parse(headers), 'idempotency-replayed': 'true' });
  await reply.send(text === '' ? undefined : text);
}
