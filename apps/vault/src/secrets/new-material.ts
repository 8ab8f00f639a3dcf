import { generateKeyPair, generateSecret } from '@hookwright/signing';
import type { SchemeName } from './scheme.ts';

/** What a new secret consists of before it is sealed. */
export interface NewMaterial {
  /** The bytes that sign: of `v1` the HMAC's key, of `v1a` the private key's seed. */
  readonly key: Buffer;
  readonly prefix: string;
  /** Of `v1a`. */
  readonly publicKey: Uint8Array<ArrayBuffer> | null;
  /** What the partner is told once; empty where that is nothing: a private key leaves the vault only to sign. */
  readonly text: string;
}

export function newMaterial(scheme: SchemeName): NewMaterial {
  if (scheme === 'v1') {
    const { secret, key, prefix } = generateSecret();
    return { key, prefix, publicKey: null, text: secret };
  }
  const { seed, publicKey, prefix } = generateKeyPair();
  return { key: seed, prefix, publicKey: new Uint8Array(publicKey), text: '' };
}
