import type { FieldError } from '@hookwright/runtime';

const MAX_LENGTH = 2048;
// Everything that URL would strip, encode or read in another way: a redirect URI is compared letter by letter.
const UNSAFE = /[\s\p{Cc}\\<>"{}|^`*]/u;
const LOOPBACK_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * What is wrong with one redirect URI: it must be an absolute https URL without credentials and fragment (RFC 6749, 3.1.2);
 * `loopback` lets http URLs of this machine pass (RFC 8252, 7.3).
 */
export function checkRedirectUri(pointer: string, uri: string, { loopback }: { loopback: boolean }): FieldError[] {
  const message = faultOf(uri, loopback);
  return message === undefined ? [] : [{ pointer, code: 'invalid_redirect_uri', message }];
}

function faultOf(uri: string, loopback: boolean): string | undefined {
  if (uri.length > MAX_LENGTH) return `must have at most ${MAX_LENGTH} characters`;
  if (UNSAFE.test(uri)) return 'must not have spaces, control characters or any of \\<>"{}|^`*';
  const url = /^https?:\/\/[^/]/i.test(uri) ? URL.parse(uri) : null;
  if (url === null) return 'must be an absolute https URL';
  if (url.username !== '' || url.password !== '') return 'must not have credentials';
  if (uri.includes('#')) return 'must not have a fragment';
  if (url.protocol === 'https:' || (loopback && LOOPBACK_HOSTS.has(url.hostname))) return undefined;
  return loopback ? 'must be https, or http to this machine (localhost, 127.0.0.1, [::1])' : 'must be https';
}
