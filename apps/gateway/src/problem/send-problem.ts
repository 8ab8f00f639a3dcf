import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Problem } from '@hookwright/runtime';
import { setCommonHeaders } from '../http/common-headers.ts';
import { problemDocument } from './problem-document.ts';

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

// Stores and services come back within seconds, or not soon.
const UNAVAILABLE_SECONDS = 2;

/** Answers with the problem. Also where no hook ran, e.g. when the router could not read the URL. */
export function sendProblem(problem: Problem, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  setCommonHeaders(request, reply);
  const retryAfterSeconds = problem.retryAfterSeconds ?? (problem.status === 503 ? UNAVAILABLE_SECONDS : undefined);
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds));
  const path = request.url.split('?', 1)[0] ?? '';
  // A text, so that Fastify adds no serializer of its own.
  return reply
    .code(problem.status)
    .type(PROBLEM_TYPE)
    .send(JSON.stringify(problemDocument(problem, path, request.id)));
}
