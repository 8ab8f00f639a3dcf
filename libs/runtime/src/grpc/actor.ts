import { AsyncLocalStorage } from 'node:async_hooks';
import { Metadata } from '@grpc/grpc-js';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import type { Observable } from 'rxjs';

/** On whose behalf something is done. */
export interface Actor {
  readonly kind: 'partner' | 'operator' | 'merchant' | 'system';
  /** An API key, a merchant, `operator`, or what of the system. */
  readonly id: string;
  /** Of the API's request; empty: there was none. */
  readonly requestId: string;
}

const KINDS: readonly string[] = ['partner', 'operator', 'merchant', 'system'] satisfies Actor['kind'][];
const ACTOR_KEY = 'hw-actor';
const REQUEST_KEY = 'hw-request-id';
const NOBODY: Actor = { kind: 'system', id: 'hookwright', requestId: '' };

const actors = new AsyncLocalStorage<Actor>();

/** Runs `work` on somebody's behalf. What it starts, and what other services do for it over gRPC, is too. */
export function withActor<Result>(actor: Actor, work: () => Result): Result {
  return actors.run(actor, work);
}

/** On whose behalf this runs; the system's own where nobody asked for it. */
export function currentActor(): Actor {
  return actors.getStore() ?? NOBODY;
}

/** What a call takes along, for ActorInterceptor. */
export function actorMetadata(): Metadata {
  const metadata = new Metadata();
  const actor = actors.getStore();
  if (actor === undefined) return metadata;
  metadata.set(ACTOR_KEY, `${actor.kind}:${actor.id}`);
  metadata.set(REQUEST_KEY, actor.requestId);
  return metadata;
}

/** Runs a gRPC handler on behalf of whom its caller names. Callers are services, which are believed. */
export class ActorInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const metadata: unknown = context.switchToRpc().getContext();
    const actor = metadata instanceof Metadata ? readActor(metadata) : undefined;
    return actor === undefined ? next.handle() : withActor(actor, () => next.handle());
  }
}

function readActor(metadata: Metadata): Actor | undefined {
  const [text] = metadata.get(ACTOR_KEY);
  const [requestId] = metadata.get(REQUEST_KEY);
  const at = typeof text === 'string' ? text.indexOf(':') : -1;
  if (typeof text !== 'string' || !KINDS.includes(text.slice(0, at))) return undefined;
  return { kind: text.slice(0, at) as Actor['kind'], id: text.slice(at + 1), requestId: typeof requestId === 'string' ? requestId : '' };
}
