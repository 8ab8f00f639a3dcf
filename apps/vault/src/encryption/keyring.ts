import { KEY_BYTES } from './aes-gcm.ts';
import { DecryptError } from './decrypt-error.ts';
import type { KeyProvider, WrappedKey } from './key-provider.ts';

/**
 * The master keys that this vault may use: the current one wraps, the others only unwrap. So a master key is replaced while the vault runs:
 * rows are readable with either, and are wrapped anew one after the other (master-key/rewrap.ts).
 */
export class Keyring implements KeyProvider {
  private readonly all: readonly KeyProvider[];

  constructor(
    private readonly current: KeyProvider,
    others: readonly KeyProvider[] = [],
  ) {
    this.all = [current, ...others];
  }

  currentKeyId(): Promise<string> {
    return this.current.currentKeyId();
  }

  owns(keyId: string): boolean {
    return this.all.some((key) => key.owns(keyId));
  }

  wrap(dataKey: Buffer, aad: Buffer): Promise<WrappedKey> {
    return this.current.wrap(dataKey, aad);
  }

  async unwrap(wrapped: WrappedKey, aad: Buffer): Promise<Buffer> {
    // What a row says of its key is a hint and no more: which keys may open it is the configuration's to say.
    const owner = this.all.find((key) => key.owns(wrapped.keyId));
    if (owner === undefined) throw new DecryptError('unknown_key');
    const dataKey = await owner.unwrap(wrapped, aad);
    if (dataKey.length === KEY_BYTES) return dataKey;
    dataKey.fill(0);
    throw new DecryptError('malformed');
  }

  close(): void {
    for (const key of this.all) key.close();
  }
}
