import { createHash, randomBytes } from 'node:crypto';

const SECRET_BYTES = 32;

/** A new client secret, to be shown once: 256 random bits, 43 characters of base64url. */
export function generateClientSecret(): string {
  return `hwcs_${randomBytes(SECRET_BYTES).toString('base64url')}`;
}

/** What is kept of it. No slow hash: nobody guesses 256 bits. */
export function hashClientSecret(secret: string): Buffer<ArrayBuffer> {
  return createHash('sha256').update(secret).digest();
}
