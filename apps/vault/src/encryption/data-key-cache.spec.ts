import { createSecretKey, randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { DataKeyCache } from './data-key-cache.ts';
import { DecryptError } from './decrypt-error.ts';
import { FileKeyProvider } from './file-key-provider.ts';
import type { WrappedKey } from './key-provider.ts';

const AAD = Buffer.from('app_1 sec_1');
const BOUNDS = { entries: 3, keptMs: 1000 };

/** A key management service that counts, and can be away. */
class CountingKey extends FileKeyProvider {
  asked = 0;
  away = false;

  override unwrap(wrapped: WrappedKey, aad: Buffer): Promise<Buffer> {
    this.asked++;
    return this.away ? Promise.reject(new Error('away')) : super.unwrap(wrapped, aad);
  }
}

let nowMs: number;
let service: CountingKey;
let cache: DataKeyCache;

beforeEach(() => {
  nowMs = 5000;
  service = new CountingKey(createSecretKey(randomBytes(32)));
  cache = new DataKeyCache(service, BOUNDS, () => nowMs);
});

/** A wrapped data key that the cache has not seen. */
function foreign(dataKey = randomBytes(32)): Promise<WrappedKey> {
  return service.wrap(dataKey, AAD);
}

describe('DataKeyCache', () => {
  it('asks once, and gives each caller a copy to zero', async () => {
    const dataKey = randomBytes(32);
    const wrapped = await foreign(dataKey);
    (await cache.unwrap(wrapped, AAD)).fill(0);
    (await cache.unwrap(wrapped, AAD)).fill(0);
    expect(await cache.unwrap(wrapped, AAD)).toEqual(dataKey);
    expect(service.asked).toBe(1);
  });

  it('has at hand what it wrapped itself', async () => {
    const dataKey = randomBytes(32);
    const wrapped = await cache.wrap(dataKey, AAD);
    expect(await cache.unwrap(wrapped, AAD)).toEqual(dataKey);
    expect(service.asked).toBe(0);
  });

  it('goes on while the service is away, for its time and no longer', async () => {
    const wrapped = await cache.wrap(randomBytes(32), AAD);
    service.away = true;
    nowMs += 999;
    await cache.unwrap(wrapped, AAD);
    nowMs += 1;
    await expect(cache.unwrap(wrapped, AAD)).rejects.toThrow('away');
  });

  it('answers only the very same question', async () => {
    const wrapped = await cache.wrap(randomBytes(32), AAD);
    const changed = new Uint8Array(wrapped.bytes);
    changed[20]! ^= 1;
    await expect(cache.unwrap(wrapped, Buffer.from('app_1 sec_2'))).rejects.toThrow(DecryptError);
    await expect(cache.unwrap({ ...wrapped, bytes: changed }, AAD)).rejects.toThrow(DecryptError);
    await expect(cache.unwrap({ ...wrapped, keyId: 'file:other' }, AAD)).rejects.toThrow(DecryptError);
  });

  it('forgets the oldest at its bound', async () => {
    const wrapped = [await foreign(), await foreign(), await foreign(), await foreign()];
    for (const one of wrapped) await cache.unwrap(one, AAD);
    expect(service.asked).toBe(4);
    for (const one of wrapped.slice(1)) await cache.unwrap(one, AAD);
    expect(service.asked).toBe(4);
    await cache.unwrap(wrapped[0]!, AAD);
    expect(service.asked).toBe(5);
  });

  it('keeps nothing of what did not open', async () => {
    const wrapped = await foreign();
    service.away = true;
    await expect(cache.unwrap(wrapped, AAD)).rejects.toThrow('away');
    service.away = false;
    await cache.unwrap(wrapped, AAD);
    expect(service.asked).toBe(2);
  });

  it('shows nothing of a data key, whoever prints it', async () => {
    const dataKey = randomBytes(32);
    await cache.wrap(dataKey, AAD);
    const shown = inspect(cache, { depth: 10, showHidden: true });
    for (const encoding of ['hex', 'base64', 'latin1'] as const) expect(shown).not.toContain(dataKey.toString(encoding));
  });
});
