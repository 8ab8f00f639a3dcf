import { generateKeyPairSync, type webcrypto } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { checkJwks, publicJwks } from './jwks.ts';

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength }).publicKey.export({ format: 'jwk' });
const p256 = ec.publicKey.export({ format: 'jwk' });
const ed25519 = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
const set = (...keys: unknown[]): string => JSON.stringify({ keys });

describe("a client's keys", () => {
  it.each<[string, webcrypto.JsonWebKey]>([
    ['RSA of 2048 bits', rsa(2048)],
    ['EC on P-256', p256],
    ['Ed25519', ed25519],
  ])('may be %s, with or without an id, use and algorithm', (_what, key) => {
    expect(checkJwks(set(key, { ...key, kid: 'one', use: 'sig', alg: 'ES256' }))).toEqual([]);
  });

  it('may be none', () => {
    expect(checkJwks(null)).toEqual([]);
  });

  it.each<[string, string, string]>([
    ['text', 'keys', '/jwks'],
    ['null', 'null', '/jwks'],
    ['a list', '[]', '/jwks'],
    ['keys that are no objects', set('a'), '/jwks'],
    ['no key', set(), '/jwks/keys'],
    ['six keys', set(p256, p256, p256, p256, p256, p256), '/jwks/keys'],
    ['a private key', set(p256, ec.privateKey.export({ format: 'jwk' })), '/jwks/keys/1'],
    ['a symmetric key', set({ kty: 'oct', k: 'c2VjcmV0' }), '/jwks/keys/0'],
    ['a short RSA key', set(rsa(1024)), '/jwks/keys/0'],
    ['another curve', set(generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ format: 'jwk' })), '/jwks/keys/0'],
    ['a key to agree on keys with', set(generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' })), '/jwks/keys/0'],
    ['a key for encryption', set({ ...p256, use: 'enc' }), '/jwks/keys/0'],
    ['an id that is no text', set({ ...p256, kid: 7 }), '/jwks/keys/0'],
    ['half a key', set({ ...p256, y: undefined }), '/jwks/keys/0'],
    ['17 KB', set({ ...p256, kid: 'x'.repeat(17_000) }), '/jwks'],
  ])('cannot be %s', (_what, text, pointer) => {
    expect(checkJwks(text)).toMatchObject([{ pointer, code: 'invalid_jwks' }]);
  });

  it('never show in what is said of them', () => {
    const { d, ...rest } = ec.privateKey.export({ format: 'jwk' });
    expect(JSON.stringify(checkJwks(set({ ...rest, d })))).not.toContain(d);
  });

  it('are kept without what nobody asked for', () => {
    expect(JSON.parse(publicJwks(set({ ...p256, kid: 'one', key_ops: ['verify'], ext: true, x5c: ['MII'] })))).toEqual({
      keys: [{ ...p256, kid: 'one' }],
    });
    expect(publicJwks('nonsense')).toBe('nonsense');
  });
});
