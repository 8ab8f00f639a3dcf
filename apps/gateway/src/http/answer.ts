import type { FastifyReply, FastifyRequest } from 'fastify';

/** A body that comes with a status or headers of its own. */
export class Answer<Body> {
  constructor(
    readonly body: Body,
    readonly options: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> },
  ) {}
}

/** Fastify's preSerialization hook that unwraps an Answer. */
export function unwrapAnswer(
  _request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
  done: (error: null, payload: unknown) => void,
): void {
  if (!(payload instanceof Answer)) {
    done(null, payload);
    return;
  }
  const { status, headers } = payload.options;
  if (status !== undefined) reply.code(status);
  if (headers !== undefined) reply.headers(headers);
  done(null, payload.body);
}
