import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto';
import { DecryptError } from './decrypt-error.ts';

export const KEY_BYTES = 32;

const ALGORITHM = 'aes-256-gcm';
// The first byte tells a later format from this one.
const VERSION = 1;
// 96 bits, the length GCM is made for (NIST SP 800-38D). Random: one master key may wrap 2^32 data keys; a data key encrypts once.
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + NONCE_BYTES;

export interface Encryption {
  readonly key: Buffer | KeyObject;
  readonly plaintext: Buffer;
  /** Bound to the ciphertext and not stored in it: it opens only with the same. */
  readonly aad: Buffer;
}

export interface Decryption {
  readonly key: Buffer | KeyObject;
  readonly ciphertext: Uint8Array;
  readonly aad: Buffer;
}

/** AES-256-GCM. Returns version (1 byte), nonce (12), the encrypted bytes, tag (16). */
export function encrypt({ key, plaintext, aad }: Encryption): Buffer<ArrayBuffer> {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES }).setAAD(aad);
  return Buffer.concat([Buffer.of(VERSION), nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** The plaintext of what `encrypt` made. Throws a DecryptError when the key, the aad or any byte differs. */
export function decrypt({ key, ciphertext, aad }: Decryption): Buffer {
  const bytes = Buffer.from(ciphertext.buffer, ciphertext.byteOffset, ciphertext.byteLength);
  if (bytes[0] !== VERSION || bytes.length < HEADER_BYTES + TAG_BYTES) throw new DecryptError('malformed');
  const tagAt = bytes.length - TAG_BYTES;
  const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(1, HEADER_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(aad).setAuthTag(bytes.subarray(tagAt));
  // Not to be used before final() has judged it, and zeroed if that fails.
  const plaintext = decipher.update(bytes.subarray(HEADER_BYTES, tagAt));
  try {
    decipher.final();
    return plaintext;
  } catch {
    plaintext.fill(0);
    throw new DecryptError('not_authentic');
  }
}
