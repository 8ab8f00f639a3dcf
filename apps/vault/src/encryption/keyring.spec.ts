import { createSecretKey, randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { FileKeyProvider } from './file-key-provider.ts';
import { Keyring } from './keyring.ts';

const AAD = Buffer.from('app_1 sec_1');

const newKey = (): FileKeyProvider => new FileKeyProvider(createSecretKey(randomBytes(32)));
const [before, now, stranger] = [newKey(), newKey(), newKey()];
const keyring = new Keyring(now, [before]);

describe('Keyring', () => {
  it('wraps with the current key and unwraps with whichever wrapped', async () => {
    const dataKey = randomBytes(32);
    expect((await keyring.wrap(dataKey, AAD)).keyId).toBe(now.keyId);
    expect(await keyring.currentKeyId()).toBe(now.keyId);
    for (const key of [before, now]) expect(await keyring.unwrap(await key.wrap(dataKey, AAD), AAD)).toEqual(dataKey);
  });

  it('does not know a key that it was not given', async () => {
    const wrapped = await stranger.wrap(randomBytes(32), AAD);
    expect([keyring.owns(wrapped.keyId), keyring.owns(before.keyId)]).toEqual([false, true]);
    await expect(keyring.unwrap(wrapped, AAD)).rejects.toMatchObject({ failure: 'unknown_key' });
  });

  it('opens nothing with a key because a row says so', async () => {
    const wrapped = await stranger.wrap(randomBytes(32), AAD);
    await expect(keyring.unwrap({ ...wrapped, keyId: now.keyId }, AAD)).rejects.toMatchObject({ failure: 'not_authentic' });
  });

  it('takes for a data key only what is as long as one', async () => {
    const wrapped = await now.wrap(randomBytes(31), AAD);
    await expect(keyring.unwrap(wrapped, AAD)).rejects.toMatchObject({ failure: 'malformed' });
  });
});
