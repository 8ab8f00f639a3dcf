import type { FastifyRequest } from 'fastify';
import { depthOfJson } from '@hookwright/contracts';
import { Problem } from '@hookwright/runtime';

const MAX_DEPTH = 64;
const MEDIA_TYPES = new Set(['application/json', 'application/merge-patch+json']);
const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** A request's body; undefined when it is empty. Throws the problem to answer. */
export function readJson(headers: FastifyRequest['headers'], body: Buffer): unknown {
  const mediaType = (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (!MEDIA_TYPES.has(mediaType)) throw new Problem('unsupported_media_type', 'Send application/json.');
  if ((headers['content-encoding'] ?? 'identity') !== 'identity')
    throw new Problem('unsupported_media_type', 'Send the body uncompressed.');
  if (body.length === 0) return undefined;
  if (depthOfJson(body) > MAX_DEPTH) throw new Problem('nesting_too_deep', `A body may have ${MAX_DEPTH} levels at most.`);
  const value = parse(body);
  if (hasForbiddenKey(value)) throw new Problem('invalid_request', 'The body has a member __proto__ or constructor.prototype.');
  return value;
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(UTF8.decode(body));
  } catch (error) {
    const detail = error instanceof SyntaxError ? 'The body is not valid JSON.' : 'The body is not valid UTF-8.';
    throw new Problem('invalid_json', detail, { cause: error });
  }
}

/** Members that would change an object's prototype when they are copied carelessly. */
function hasForbiddenKey(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (Object.hasOwn(value, '__proto__')) return true;
  return Object.entries(value).some(([key, child]) => (key === 'constructor' && isPrototypeHolder(child)) || hasForbiddenKey(child));
}

function isPrototypeHolder(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype');
}
