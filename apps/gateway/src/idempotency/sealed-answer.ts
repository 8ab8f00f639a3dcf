import { createHash } from 'node:crypto';
import { type SealKey, open as openText, seal as sealText } from '../sealing/seal.ts';

/** What a request is, for telling whether two with the same key are the same. */
export function requestHash(method: string, url: string, body: unknown): Buffer<ArrayBuffer> {
  const text = JSON.stringify([method, url, body ?? null]);
  return createHash('sha256').update(text).digest();
}

/**
 * An answer's body, readable only with the credential that the request came with: we keep its hash at most, so that the database
 * alone never gives away a secret that was shown once.
 */
export function seal(body: string, credential: string, salt: string): Buffer<ArrayBuffer> {
  return sealText(body, keyOf(credential, salt));
}

/** Throws when the credential or the salt is another one. */
export function open(sealed: Uint8Array, credential: string, salt: string): string {
  return openText(sealed, keyOf(credential, salt));
}

function keyOf(secret: string, salt: string): SealKey {
  return { secret, salt, purpose: 'hookwright idempotency' };
}
