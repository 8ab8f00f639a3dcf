import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';

const PUBLIC_KEY_PREFIX = 'whpk_';
const KEY_BYTES = 32;
const SHOWN_CHARACTERS = PUBLIC_KEY_PREFIX.length + 2;
/** All of a private key's PKCS #8 but its 32 bytes, which come last (RFC 8410, section 7). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
/** The bytes of a public key come last too (RFC 8410, section 4). */
const DER = { privateKeyEncoding: { format: 'der', type: 'pkcs8' }, publicKeyEncoding: { format: 'der', type: 'spki' } } as const;
const BASE64 = /^[A-Za-z0-9+/]{43}=$/;

/** A new key pair of ed25519: what signs stays with us, what verifies may be shown to anyone. */
export interface GeneratedKeyPair {
  /** The 32 bytes of the private key (RFC 8032, 5.1.5). Never shown. */
  readonly seed: Buffer;
  /** 32 bytes. */
  readonly publicKey: Buffer;
  /** The first 7 characters of the public key's text, e.g. `whpk_ab`. */
  readonly prefix: string;
}

/** A parsed public key, or why the text is none. */
export type ParsedPublicKey = { readonly ok: true; readonly publicKey: Buffer } | { readonly ok: false; readonly reason: string };

/** A new key pair. Source of the format: Standard Webhooks 1.0.0, "Signature scheme". */
export function generateKeyPair(): GeneratedKeyPair {
  const pair = generateKeyPairSync('ed25519', DER);
  const publicKey = pair.publicKey.subarray(-KEY_BYTES);
  return { seed: pair.privateKey.subarray(-KEY_BYTES), publicKey, prefix: formatPublicKey(publicKey).slice(0, SHOWN_CHARACTERS) };
}

/** The text of a public key: `whpk_` and the base64 of its 32 bytes. */
export function formatPublicKey(publicKey: Uint8Array): string {
  return PUBLIC_KEY_PREFIX + Buffer.from(publicKey).toString('base64');
}

/** Whether a text says of itself that it is a public key. */
export function isPublicKey(text: string): boolean {
  return text.startsWith(PUBLIC_KEY_PREFIX);
}

/** The 32 bytes of a public key's text; `reason` is a sentence that does not repeat the text. */
export function parsePublicKey(text: string): ParsedPublicKey {
  const encoded = text.slice(PUBLIC_KEY_PREFIX.length);
  if (!isPublicKey(text) || !BASE64.test(encoded)) return { ok: false, reason: 'the public key is not whpk_ and the base64 of 32 bytes' };
  return { ok: true, publicKey: Buffer.from(encoded, 'base64') };
}

/** The key that signs. Made once and kept: that takes longer than a signature. Throws when the seed has not 32 bytes. */
export function privateKeyOf(seed: Uint8Array): KeyObject {
  if (seed.length !== KEY_BYTES) throw new Error(`the seed has ${seed.length} bytes, not ${KEY_BYTES}`);
  const key = Buffer.concat([PKCS8, seed]);
  try {
    return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  } finally {
    key.fill(0);
  }
}

/** The key that verifies. */
export function publicKeyOf(publicKey: Uint8Array): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(publicKey).toString('base64url') }, format: 'jwk' });
}
