import type { Socket } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest, FastifyServerOptions } from 'fastify';
import {
  type Actor,
  type GrpcCredentials,
  LOGGER,
  type Logger,
  PLAIN,
  Problem,
  type Service,
  budgetLeftMs,
  withActor,
  withBudget,
} from '@hookwright/runtime';
import { Door } from './access/door.ts';
import { AppModule } from './app.module.ts';
import { ENV, type GatewayEnv } from './env.ts';
import { unwrapAnswer } from './http/answer.ts';
import { setCommonHeaders } from './http/common-headers.ts';
import { countRequest } from './http/http-metrics.ts';
import { readForm } from './http/read-form.ts';
import { readJson } from './http/read-json.ts';
import { logRequests } from './http/request-log.ts';
import { Idempotency } from './idempotency/idempotency.ts';
import { AuthorizationServer } from './oauth/authorization-server.ts';
import { registerOAuth } from './oauth/oauth.routes.ts';
import { Documents } from './openapi/documents.ts';
import { answerBrokenRequest } from './problem/broken-request.ts';
import { httpProblem } from './problem/http-problem.ts';
import { RouteTable } from './problem/route-table.ts';
import { sendProblem } from './problem/send-problem.ts';

const BODY_LIMIT = 1024 * 1024;

// A request that arrives slowly is cut off (S8 of faults.md: half-open connections must not pile up).
const SLOW_REQUEST = { requestTimeout: 30_000, http: { headersTimeout: 10_000, connectionsCheckingInterval: 2000 } };

// A caller has its 503 within 2 s (P3 of faults.md), however many steps there are that each would wait for a store.
// What is left of them is for Redis, which an answer's rate limit headers wait for.
const BUDGET_MS = 1700;

declare module 'fastify' {
  interface FastifyRequest {
    /** Of the budget, after the door. */
    leftMs?: number;
  }
  interface FastifyContextConfig {
    /** What a page sends; everything else is JSON. */
    body?: 'form';
  }
}

const FASTIFY: FastifyServerOptions = {
  bodyLimit: BODY_LIMIT,
  ...SLOW_REQUEST,
  // Errors before any hook runs: a URL that cannot be decoded, a path segment that is too long.
  frameworkErrors: (error, request, reply) => void sendProblem(httpProblem(error), request, reply),
  clientErrorHandler: (error, socket: Socket) => answerBrokenRequest(error, socket),
};

/** The gateway as the runtime runs it; `backends` is what it shows the services behind it. */
export function gatewayService(env: GatewayEnv, logger: Logger, backends: GrpcCredentials['channel'] = PLAIN.channel): Service {
  const { TRUST_PROXY: trusted } = env;
  const fastify = trusted.length === 0 ? FASTIFY : { ...FASTIFY, trustProxy: trusted };
  return { name: 'gateway', module: AppModule.with(env, backends), env, logger, fastify, configure };
}

/** What stands around the controllers: hooks in the order of a request's way, the body parser, the documents. */
function configure(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  const door = app.get(Door);
  const idempotency = app.get(Idempotency);
  const routes = app.get(RouteTable);
  fastify.addHook('onRoute', (route) => {
    if (route.url.startsWith('/v1') && route.config?.access === undefined) throw new Error(`${route.url} does not say who may call it`);
    routes.add(route);
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    setCommonHeaders(request, reply);
    withBudget(performance.now() + BUDGET_MS, done);
  });
  fastify.addHook('onRequest', async (request, reply) => {
    await door.admit(request, reply);
    request.leftMs = budgetLeftMs();
  });
  // Again: what follows the body's arrival runs in the socket's context, and the body's own time is the caller's.
  fastify.addHook('preHandler', (request, _reply, done) => {
    withBudget(performance.now() + (request.leftMs ?? BUDGET_MS), () => withActor(actorOf(request), done));
  });
  fastify.addHook('preHandler', (request, reply) => idempotency.begin(request, reply));
  fastify.addHook('preSerialization', unwrapAnswer);
  fastify.addHook('onSend', (request, reply, payload) => idempotency.finish(request, reply, payload));
  fastify.addHook('onResponse', countRequest);
  fastify.addHook('onResponse', logRequests(app.get<Logger>(LOGGER)));
  readBodies(app);
  registerOAuth(fastify, app.get(AuthorizationServer).provider, app.get<GatewayEnv>(ENV).PUBLIC_URL);
  app.get(Documents).serve(app);
}

/** On whose behalf a request's changes are made; on public routes there are none, but for those of merchants' pages (asMerchant). */
function actorOf({ caller, id }: FastifyRequest): Actor {
  const by = (kind: Actor['kind'], actorId: string): Actor => ({ kind, id: actorId, requestId: id });
  if (caller === undefined) return by('system', 'anonymous');
  if (caller.kind === 'merchant') return by('merchant', caller.merchantId);
  return by(caller.kind === 'operator' ? 'operator' : 'partner', caller.id);
}

function readBodies(app: NestFastifyApplication): void {
  app.getHttpAdapter().getInstance().removeAllContentTypeParsers();
  // For every type: what is not JSON, or no form, is answered by who reads it, and Nest adds no parsers of its own.
  app.useBodyParser('*', { bodyLimit: BODY_LIMIT }, async (request: FastifyRequest, body: unknown) => {
    if (!Buffer.isBuffer(body)) throw new Problem('invalid_request', 'The body cannot be read.');
    const read = request.routeOptions.config.body === 'form' ? readForm : readJson;
    return await Promise.resolve(read(request.headers, body));
  });
}
