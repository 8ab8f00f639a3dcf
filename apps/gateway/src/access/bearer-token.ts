import type { FastifyRequest } from 'fastify';

// RFC 6750, 2.1. Our longest credential has about 40 characters, an access token may have more.
const BEARER = /^Bearer +([\x21-\x7e]{1,256}) *$/i;

/** The credential that a request carries; undefined when it has none that can be one of ours. */
export function bearerToken({ headers: { authorization = '' } }: Pick<FastifyRequest, 'headers'>): string | undefined {
  return BEARER.exec(authorization)?.[1];
}
