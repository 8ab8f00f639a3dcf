import { randomBytes } from 'node:crypto';
import { KEY_BYTES } from '../aes-gcm.ts';
import type { KeyProvider } from '../key-provider.ts';

const NOBODYS = Buffer.from('hookwright probe');

/** The key that wraps now, by wrapping something: it takes no permission beyond those that are needed anyway, and shows that it works. */
export async function keyOfProbe(keys: Pick<KeyProvider, 'wrap'>): Promise<string> {
  return (await keys.wrap(randomBytes(KEY_BYTES), NOBODYS)).keyId;
}
