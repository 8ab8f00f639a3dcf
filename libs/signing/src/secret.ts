import { randomBytes } from 'node:crypto';

const SECRET_PREFIX = 'whsec_';
const KEY_BYTES = 32;

// Standard Webhooks 1.0.0: between 24 bytes (192 bits) and 64 bytes (512 bits).
const MIN_KEY_BYTES = 24;
const MAX_KEY_BYTES = 64;

// 'whsec_' and two characters: enough to tell secrets apart in a list, 12 of 256 bits given away.
const SHOWN_CHARACTERS = SECRET_PREFIX.length + 2;

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** A new signing secret in its three forms: the text a partner keeps, the key that signs, and what may be shown later. */
export interface GeneratedSecret {
  /** `whsec_` and the base64 of the key. Shown once, never logged. */
  readonly secret: string;
  /** The 32 bytes that sign. */
  readonly key: Buffer;
  /** The first 8 characters, e.g. `whsec_ab`: safe to list. */
  readonly prefix: string;
}

/** A parsed secret, or why the text is none. */
export type ParsedSecret = { readonly ok: true; readonly key: Buffer } | { readonly ok: false; readonly reason: string };

/** A new secret of 32 random bytes. Source of the format: Standard Webhooks 1.0.0. */
export function generateSecret(): GeneratedSecret {
  const key = randomBytes(KEY_BYTES);
  const secret = formatSecret(key);
  return { secret, key, prefix: secret.slice(0, SHOWN_CHARACTERS) };
}

/** The text of a key: `whsec_` and its base64. */
export function formatSecret(key: Buffer): string {
  return SECRET_PREFIX + key.toString('base64');
}

/** The key of a secret's text, with or without the `whsec_` prefix; `reason` is a sentence that does not repeat the text. */
export function parseSecret(text: string): ParsedSecret {
  const encoded = text.startsWith(SECRET_PREFIX) ? text.slice(SECRET_PREFIX.length) : text;
  // Buffer.from would skip what is not base64 and sign with a key nobody else has.
  if (!BASE64.test(encoded) || encoded.length % 4 !== 0) return { ok: false, reason: 'the secret is not base64' };
  const key = Buffer.from(encoded, 'base64');
  if (key.length < MIN_KEY_BYTES || key.length > MAX_KEY_BYTES) {
    return { ok: false, reason: `the secret has ${key.length} bytes, not ${MIN_KEY_BYTES} to ${MAX_KEY_BYTES}` };
  }
  return { ok: true, key };
}
