import type { FastifyReply, FastifyRequest, onResponseHookHandler } from 'fastify';
import type { Logger } from '@hookwright/runtime';
import { id } from '../validation/fields.ts';

/** Fastify's onResponse hook: one line for each request with who, what and how long. Probes are left out; bodies and credentials never come in. */
export function logRequests(logger: Logger): onResponseHookHandler {
  return (request, reply, done) => {
    const { url: route } = request.routeOptions;
    if (route?.startsWith('/health') !== true && route !== '/metrics') logger.info(fieldsOf(request, reply), 'request.answered');
    done();
  };
}

function fieldsOf(request: FastifyRequest, reply: FastifyReply): Record<string, unknown> {
  const { caller } = request;
  return {
    request_id: request.id,
    method: request.method,
    route: request.routeOptions.url,
    ...idsOf(request.params),
    status: reply.statusCode,
    duration_ms: Math.round(reply.elapsedTime * 10) / 10,
    caller: caller?.id,
    partner_id: caller !== undefined && 'partnerId' in caller ? caller.partnerId : undefined,
  };
}

/** Ids of apps, installations, deliveries. What cannot be an id stays out: it may be somebody's secret in the wrong place. */
function idsOf(params: unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(params ?? {}).filter(([, value]) => id.safeParse(value).success));
}
