import { createHmac, type KeyObject } from 'node:crypto';
import { decrypt, encrypt } from './aes-gcm.ts';
import { DecryptError } from './decrypt-error.ts';
import type { KeyProvider, WrappedKey } from './key-provider.ts';

const KEY_ID_BYTES = 8;

/** Wraps with a master key that was read from a file (master-key-file.ts). A KeyObject: its bytes are not in JavaScript's heap and no log can show them. */
export class FileKeyProvider implements KeyProvider {
  readonly keyId: string;

  constructor(private readonly masterKey: KeyObject) {
    this.keyId = `file:${fingerprint(masterKey)}`;
  }

  currentKeyId(): Promise<string> {
    return Promise.resolve(this.keyId);
  }

  owns(keyId: string): boolean {
    return keyId === this.keyId;
  }

  wrap(dataKey: Buffer, aad: Buffer): Promise<WrappedKey> {
    return Promise.resolve({ keyId: this.keyId, bytes: encrypt({ key: this.masterKey, plaintext: dataKey, aad }) });
  }

  unwrap({ keyId, bytes }: WrappedKey, aad: Buffer): Promise<Buffer> {
    return Promise.resolve().then(() => {
      if (!this.owns(keyId)) throw new DecryptError('unknown_key');
      return decrypt({ key: this.masterKey, ciphertext: bytes, aad });
    });
  }

  close(): void {
    // Nothing is open.
  }
}

/** Tells master keys apart: an HMAC under the key over a fixed text, cut short, from which the key cannot be had. */
function fingerprint(masterKey: KeyObject): string {
  return createHmac('sha256', masterKey).update('hookwright master key id').digest().subarray(0, KEY_ID_BYTES).toString('hex');
}
