import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export interface SealKey {
  /** Random, and not stored: at most its hash is. */
  readonly secret: string;
  readonly salt: string;
  /** Keeps what is sealed for one purpose from being opened for another. */
  readonly purpose: string;
}

/**
 * A text that only who has the secret can read, so that the store alone gives nothing away. Layout: nonce, tag, ciphertext.
 * The key is made by HKDF (RFC 5869).
 */
export function seal(text: string, key: SealKey): Buffer<ArrayBuffer> {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, derive(key), nonce);
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
}

/** Throws when any part of the key is another one. */
export function open(sealed: Uint8Array, key: SealKey): string {
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const tag = sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
  const decipher = createDecipheriv(CIPHER, derive(key), nonce);
  decipher.setAuthTag(tag);
  return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8');
}

function derive({ secret, salt, purpose }: SealKey): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, purpose, KEY_BYTES));
}
