import { randomBytes } from 'node:crypto';
import { decrypt, encrypt, KEY_BYTES } from './aes-gcm.ts';
import type { KeyProvider } from './key-provider.ts';

/** Whose ciphertext it is. Bound to both layers, so that a row copied to another app or secret does not open. */
export interface SecretIdentity {
  readonly appId: string;
  readonly secretId: string;
}

/** A secret at rest: its bytes under a data key of its own, the data key under the master key named by `keyId`. */
export interface SealedSecret {
  readonly ciphertext: Uint8Array<ArrayBuffer>;
  readonly wrappedKey: Uint8Array<ArrayBuffer>;
  readonly keyId: string;
}

/** The part of a sealed secret that a new master key changes. */
export type SealedKey = Pick<SealedSecret, 'wrappedKey' | 'keyId'>;

/** Envelope encryption: re-wrapping for a new master key touches only the data keys, never the secrets. */
export class Envelope {
  constructor(private readonly keys: KeyProvider) {}

  async seal(plaintext: Buffer, identity: SecretIdentity): Promise<SealedSecret> {
    const aad = associatedData(identity);
    const dataKey = randomBytes(KEY_BYTES);
    try {
      const ciphertext = encrypt({ key: dataKey, plaintext, aad });
      return { ciphertext, ...(await this.wrap(dataKey, aad)) };
    } finally {
      dataKey.fill(0);
    }
  }

  /** The data key under the current master key; the ciphertext stays as it is. Rejects as `open` does. */
  async rewrap({ wrappedKey, keyId }: SealedKey, identity: SecretIdentity): Promise<SealedKey> {
    const aad = associatedData(identity);
    const dataKey = await this.keys.unwrap({ keyId, bytes: wrappedKey }, aad);
    try {
      return await this.wrap(dataKey, aad);
    } finally {
      dataKey.fill(0);
    }
  }

  /** The plaintext. Rejects with a DecryptError when anything was changed, belongs to another secret, or has another master key. */
  async open({ ciphertext, wrappedKey, keyId }: SealedSecret, identity: SecretIdentity): Promise<Buffer> {
    const aad = associatedData(identity);
    const dataKey = await this.keys.unwrap({ keyId, bytes: wrappedKey }, aad);
    try {
      return decrypt({ key: dataKey, ciphertext, aad });
    } finally {
      dataKey.fill(0);
    }
  }

  private async wrap(dataKey: Buffer, aad: Buffer): Promise<SealedKey> {
    const { keyId, bytes } = await this.keys.wrap(dataKey, aad);
    return { wrappedKey: new Uint8Array(bytes), keyId };
  }
}

/** Each id after its length, so that no two pairs of ids share their bytes. */
export function associatedData({ appId, secretId }: SecretIdentity): Buffer {
  return Buffer.concat([appId, secretId].flatMap((id) => withLength(Buffer.from(id))));
}

function withLength(bytes: Buffer): [Buffer, Buffer] {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return [length, bytes];
}
