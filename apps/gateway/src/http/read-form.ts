import type { FastifyRequest } from 'fastify';
import { Problem } from '@hookwright/runtime';

const MEDIA_TYPE = 'application/x-www-form-urlencoded';
const MAX_BYTES = 16 * 1024;
const MAX_FIELDS = 200;
const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** Fields of a form, each with all of its values. Throws the problem to answer. */
export function readForm(headers: FastifyRequest['headers'], body: Buffer): Record<string, string[]> {
  const mediaType = (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase();
  if (mediaType !== MEDIA_TYPE) throw new Problem('unsupported_media_type', 'Send a form.');
  if (body.length > MAX_BYTES) throw new Problem('body_too_large', `A form may have ${MAX_BYTES} bytes.`);
  const fields = new URLSearchParams(decode(body));
  if (fields.size > MAX_FIELDS) throw new Problem('body_too_large', `A form may have ${MAX_FIELDS} fields.`);
  // fromEntries defines members, so that one called __proto__ is a field like any other.
  return Object.fromEntries([...new Set(fields.keys())].map((name) => [name, fields.getAll(name)]));
}

function decode(body: Buffer): string {
  try {
    return UTF8.decode(body);
  } catch (error) {
    throw new Problem('invalid_request', 'The form is not valid UTF-8.', { cause: error });
  }
}
