import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** What a request is, for telling whether two with the same key are the same. */
export function requestHash(method: string, url: string, body: unknown): Buffer<ArrayBuffer> {
  const text = JSON.stringify([method, url, body ?? null]);
  return createHash('sha256').update(text).digest();
}

/**
 * An answer's body, readable only with the credential that the request came with: we keep its hash at most, so that the database
 * alone never gives away a secret that was shown once. Layout: nonce, tag, ciphertext.
 */
export function seal(body: string, credential: string, salt: string): Buffer<ArrayBuffer> {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, keyOf(credential, salt), nonce);
  const text = Buffer.concat([cipher.update(body, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), text]);
}

/** Throws when the credential or the salt is another one. */
export function open(sealed: Uint8Array, credential: string, salt: string): string {
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const tag = sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
  const decipher = createDecipheriv(CIPHER, keyOf(credential, salt), nonce);
  decipher.setAuthTag(tag);
  return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8');
}

function keyOf(credential: string, salt: string): Buffer {
  return Buffer.from(hkdfSync('sha256', credential, salt, 'hookwright idempotency', KEY_BYTES));
}
