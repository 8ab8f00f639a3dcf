import { createSecretKey, randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DecryptError } from './decrypt-error.ts';
import { associatedData, Envelope, type SealedSecret } from './envelope.ts';
import { FileKeyProvider } from './file-key-provider.ts';

const newProvider = (): FileKeyProvider => new FileKeyProvider(createSecretKey(randomBytes(32)));
const provider = newProvider();
const envelope = new Envelope(provider);
const identity = { appId: 'app_1', secretId: 'sec_1' };
const ids = fc.record({ appId: fc.string(), secretId: fc.string() });

async function failureOf(sealed: SealedSecret, { as = identity, by = envelope } = {}): Promise<string> {
  const error: unknown = await by.open(sealed, as).then(
    () => 'it opened',
    (reason: unknown) => reason,
  );
  return error instanceof DecryptError ? error.failure : String(error);
}

function flipped(bytes: Uint8Array<ArrayBuffer>, at: number, mask: number): Uint8Array<ArrayBuffer> {
  const changed = new Uint8Array(bytes);
  changed[at]! ^= mask;
  return changed;
}

describe('Envelope', () => {
  it('opens what it sealed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), ids, async (bytes, owner) => {
        const sealed = await envelope.seal(Buffer.from(bytes), owner);
        expect(new Uint8Array(await envelope.open(sealed, owner))).toEqual(bytes);
      }),
    );
  });

  it('seals the same secret differently each time, under a data key of its own', async () => {
    const secret = randomBytes(32);
    const first = await envelope.seal(secret, identity);
    const second = await envelope.seal(secret, identity);
    expect(first.ciphertext).not.toEqual(second.ciphertext);
    expect(await failureOf({ ...first, wrappedKey: second.wrappedKey })).toBe('not_authentic');
  });

  it('does not open when any bit of the ciphertext or of the wrapped key was changed', async () => {
    const sealed = await envelope.seal(randomBytes(32), identity);
    for (const part of ['ciphertext', 'wrappedKey'] as const) {
      for (let at = 0; at < sealed[part].length; at++) {
        const failure = await failureOf({ ...sealed, [part]: flipped(sealed[part], at, 1 << (at % 8)) });
        expect(failure).toBe(at === 0 ? 'malformed' : 'not_authentic');
      }
    }
  });

  it('does not open when bytes are missing or were added', async () => {
    const sealed = await envelope.seal(randomBytes(32), identity);
    for (const part of ['ciphertext', 'wrappedKey'] as const) {
      for (let length = 0; length < sealed[part].length; length++) {
        expect(await failureOf({ ...sealed, [part]: sealed[part].slice(0, length) })).toMatch(/^(malformed|not_authentic)$/);
      }
      expect(await failureOf({ ...sealed, [part]: new Uint8Array([...sealed[part], 0]) })).toBe('not_authentic');
    }
  });

  it('does not open as another secret, nor as the same secret of another app', async () => {
    const sealed = await envelope.seal(randomBytes(32), identity);
    await fc.assert(
      fc.asyncProperty(ids, async (other) => {
        fc.pre(other.appId !== identity.appId || other.secretId !== identity.secretId);
        expect(await failureOf(sealed, { as: other })).toBe('not_authentic');
      }),
    );
  });

  it('does not open with another master key, whether it is recognised or not', async () => {
    const other = newProvider();
    const sealed = await envelope.seal(randomBytes(32), identity);
    expect(await failureOf(sealed, { by: new Envelope(other) })).toBe('unknown_key');
    expect(await failureOf({ ...sealed, keyId: other.keyId }, { by: new Envelope(other) })).toBe('not_authentic');
  });

  it('records which master key wrapped it', async () => {
    const sealed = await envelope.seal(randomBytes(32), identity);
    expect(sealed.keyId).toBe(provider.keyId);
    expect(newProvider().keyId).not.toBe(provider.keyId);
  });
});

describe('associatedData', () => {
  it('differs for every two pairs of ids', () => {
    fc.assert(
      fc.property(ids, ids, (one, other) => {
        const same = one.appId === other.appId && one.secretId === other.secretId;
        expect(associatedData(one).equals(associatedData(other))).toBe(same);
      }),
    );
    expect(associatedData({ appId: 'ab', secretId: 'c' })).not.toEqual(associatedData({ appId: 'a', secretId: 'bc' }));
  });
});

describe('FileKeyProvider', () => {
  it('shows nothing of the master key, whoever prints it or asks for its id', () => {
    const bytes = randomBytes(32);
    const holder = new FileKeyProvider(createSecretKey(bytes));
    const shown = `${inspect(holder, { depth: 10, showHidden: true })} ${JSON.stringify(holder)} ${holder.keyId}`;
    for (const encoding of ['hex', 'base64', 'latin1'] as const) expect(shown).not.toContain(bytes.toString(encoding));
  });
});
