import { createHash, createPublicKey, sign as nodeSign, verify as nodeVerify } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import {
  formatPublicKey,
  formatSecret,
  generateKeyPair,
  generateSecret,
  parsePublicKey,
  parseSecret,
  privateKeyOf,
  publicKeyOf,
  signatureHeader,
  type Signer,
  signV1,
  signV1a,
  verify,
} from './index.ts';

// The reference libraries' own vector (standard-webhooks, libraries/javascript/src/webhook.test.ts, "sign function works").
const VECTOR = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  timestampSeconds: 1614265330,
  body: Buffer.from('{"test": 2432232314}'),
  signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
};
// Of the same file: a signature that is well formed and not ours.
const FOREIGN = 'v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=';

// RFC 8032, section 7.1: secret key, public key, message, signature, in hex.
const RFC_8032: readonly (readonly [seed: string, publicKey: string, message: string, signature: string])[] = [
  [
    '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    '',
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  ],
  [
    '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    '72',
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  ],
];

const keys = fc.uint8Array({ minLength: 24, maxLength: 64 }).map((bytes) => Buffer.from(bytes));
const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 });
const ids = fc.stringMatching(/^evt_[0-9a-z]{26}$/);
const timestamps = fc.integer({ min: 0, max: 4_102_444_800 });
// The reference decodes the body as UTF-8, so bodies have to be UTF-8 for a comparison.
const bodies = fc.string({ unit: 'grapheme', maxLength: 2000 }).map((text) => Buffer.from(text));

const v1 = (key: Buffer): Signer => ({ scheme: 'v1', key });

/** By Node's own ed25519, of a key that is given as in a JWKS. */
function verifiesInNode(publicKey: Uint8Array, signed: Buffer, signature: Buffer): boolean {
  const x = Buffer.from(publicKey).toString('base64url');
  return nodeVerify(null, signed, createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }), signature);
}

function keyOf(secret: string): Buffer {
  const parsed = parseSecret(secret);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.key;
}

describe('secrets', () => {
  it('are whsec_ and the base64 of 32 random bytes', () => {
    const { secret, key, prefix } = generateSecret();
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(key).toHaveLength(32);
    expect(prefix).toBe(secret.slice(0, 8));
    expect(parseSecret(secret)).toEqual({ ok: true, key });
    expect(generateSecret().secret).not.toBe(secret);
  });

  it('survive the way to text and back', () => {
    fc.assert(fc.property(keys, (key) => keyOf(formatSecret(key)).equals(key)));
  });

  it('are taken with and without their prefix', () => {
    expect(keyOf('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw').equals(keyOf(VECTOR.secret))).toBe(true);
  });

  it.each([
    ['', 'not base64'],
    ['whsec_', 'not base64'],
    ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa', 'not base64'],
    ['whsec_MfKQ9r8GKYqrTwjU PD8ILPZIo2LaLaSw', 'not base64'],
    ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2La-aSw', 'not base64'],
    ['whsec_=AAA', 'not base64'],
    ['whsec_AAAA', '3 bytes'],
    [formatSecret(Buffer.alloc(65)), '65 bytes'],
  ])('%j is refused with a reason that does not repeat it', (text, reason) => {
    const parsed = parseSecret(text);
    expect(parsed).toEqual({ ok: false, reason: expect.stringContaining(reason) });
    expect(JSON.stringify(parsed)).not.toContain(text || 'nothing');
  });
});

describe('signing', () => {
  it("gives the reference libraries' signature", () => {
    expect(signV1({ ...VECTOR, key: keyOf(VECTOR.secret) })).toBe(VECTOR.signature);
  });

  it('gives what the npm package standardwebhooks gives, whatever is signed', () => {
    fc.assert(
      fc.property(keys, ids, timestamps, bodies, (key, id, timestampSeconds, body) => {
        const theirs = new Webhook(formatSecret(key)).sign(id, new Date(timestampSeconds * 1000), body);
        expect(signV1({ key, id, timestampSeconds, body })).toBe(theirs);
      }),
    );
  });

  it('signs bytes as they are, also when they are no UTF-8', () => {
    const content = { key: Buffer.alloc(32), id: 'evt_1', timestampSeconds: 1 };
    const signatures = [Buffer.from([0xff]), Buffer.from([0xfe]), Buffer.from('\ufffd')].map((body) => signV1({ ...content, body }));
    expect(new Set(signatures).size).toBe(3);
  });

  it('puts one signature per live key into the header, in their order, of its own scheme each', () => {
    const first: Signer = { scheme: 'v1', key: keyOf(VECTOR.secret) };
    const second: Signer = { scheme: 'v1', key: createHash('sha256').update('second').digest() };
    const third: Signer = { scheme: 'v1a', key: privateKeyOf(Buffer.alloc(32, 1)) };
    const header = signatureHeader([first, third, second], VECTOR);
    expect(header).toBe(`${VECTOR.signature} ${signV1a({ ...VECTOR, key: third.key })} ${signV1({ ...VECTOR, key: second.key })}`);
    expect(signatureHeader([first], VECTOR)).toBe(VECTOR.signature);
    expect(signatureHeader([], VECTOR)).toBe('');
  });

  it('is verified by standardwebhooks with each of the live secrets', () => {
    fc.assert(
      fc.property(fc.array(keys, { minLength: 1, maxLength: 3 }), ids, bodies, (live, id, body) => {
        const timestampSeconds = Math.floor(Date.now() / 1000);
        const headers = {
          'webhook-id': id,
          'webhook-timestamp': String(timestampSeconds),
          'webhook-signature': signatureHeader(live.map(v1), { id, timestampSeconds, body }),
        };
        for (const key of live) new Webhook(formatSecret(key)).verify(body, headers, { jsonParse: false });
      }),
      { numRuns: 50 },
    );
  });
});

describe('signing with ed25519', () => {
  it.each(RFC_8032)('gives the signature of RFC 8032 with the key %s', (seed, publicKey, message, signature) => {
    const key = privateKeyOf(Buffer.from(seed, 'hex'));
    expect(publicKeyOf(Buffer.from(publicKey, 'hex')).equals(createPublicKey(key))).toBe(true);
    expect(nodeSign(null, Buffer.from(message, 'hex'), key).toString('hex')).toBe(signature);
  });

  it('signs id, timestamp and body with dots between them, as any ed25519 verifies, and no other bytes', () => {
    fc.assert(
      fc.property(seeds, ids, timestamps, bodies, fc.nat(), (seed, id, timestampSeconds, body, bit) => {
        const key = privateKeyOf(seed);
        const { x = '' } = createPublicKey(key).export({ format: 'jwk' });
        const [version, signature = ''] = signV1a({ key, id, timestampSeconds, body }).split(',');
        const signed = Buffer.concat([Buffer.from(`${id}.${timestampSeconds}.`), body]);
        expect(version).toBe('v1a');
        expect(verifiesInNode(Buffer.from(x, 'base64url'), signed, Buffer.from(signature, 'base64'))).toBe(true);
        expect(verifiesInNode(Buffer.from(x, 'base64url'), flipped(signed, bit), Buffer.from(signature, 'base64'))).toBe(false);
      }),
    );
  });

  it('is left alone by standardwebhooks, which verifies the signature beside it', () => {
    const [key, seed] = [keyOf(VECTOR.secret), Buffer.alloc(32, 1)];
    const content = { id: 'evt_1', timestampSeconds: Math.floor(Date.now() / 1000), body: Buffer.from('{}') };
    const signed = (signers: Signer[]) => ({
      'webhook-id': content.id,
      'webhook-timestamp': String(content.timestampSeconds),
      'webhook-signature': signatureHeader(signers, content),
    });
    const v1a: Signer = { scheme: 'v1a', key: privateKeyOf(seed) };
    expect(new Webhook(VECTOR.secret).verify('{}', signed([v1a, v1(key)]))).toEqual({});
    expect(() => new Webhook(VECTOR.secret).verify('{}', signed([v1a]))).toThrow('No matching signature');
  });

  it.each([0, 31, 33, 64])('refuses a seed of %d bytes', (bytes) => {
    expect(() => privateKeyOf(Buffer.alloc(bytes))).toThrow(`${bytes} bytes`);
  });
});

describe('a key pair', () => {
  it('is new each time, and shows its public half as whpk_ and base64', () => {
    const { seed, publicKey, prefix } = generateKeyPair();
    const text = formatPublicKey(publicKey);
    expect(text).toMatch(/^whpk_[A-Za-z0-9+/]{43}=$/);
    expect(prefix).toBe(text.slice(0, 7));
    expect(parsePublicKey(text)).toEqual({ ok: true, publicKey });
    expect(createPublicKey(privateKeyOf(seed)).equals(publicKeyOf(publicKey))).toBe(true);
    expect(generateKeyPair().seed.equals(seed)).toBe(false);
  });

  it.each(['', 'whpk_', VECTOR.secret, 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', `whpk_${'A'.repeat(44)}`, `whpk_${'A'.repeat(42)}-=`])(
    'has no public key %j',
    (text) => {
      expect(parsePublicKey(text)).toEqual({ ok: false, reason: 'the public key is not whpk_ and the base64 of 32 bytes' });
    },
  );
});

describe('verifying with a public key', () => {
  const { seed, publicKey } = generateKeyPair();
  const key = privateKeyOf(seed);
  const content = { id: 'evt_1', timestampSeconds: 1_700_000_000, body: Buffer.from('{"a":1}') };
  const signature = signV1a({ key, ...content });
  const request = {
    secrets: [formatPublicKey(publicKey)],
    headers: { 'webhook-id': content.id, 'webhook-timestamp': String(content.timestampSeconds), 'webhook-signature': signature },
    body: content.body,
    nowSeconds: content.timestampSeconds,
  };
  const withSignature = (text: string) => ({ headers: { ...request.headers, 'webhook-signature': text } });

  it.each([
    ['what its private key signed', {}],
    [
      'it among signatures of others',
      withSignature(`${FOREIGN} v1a,x ${signV1a({ key: privateKeyOf(Buffer.alloc(32)), ...content })} ${signature}`),
    ],
    ['it beside a secret', { secrets: [VECTOR.secret, formatPublicKey(publicKey)] }],
  ])('accepts %s', (_what, change) => {
    expect(verify({ ...request, ...change })).toEqual({ ok: true, id: content.id, timestampSeconds: content.timestampSeconds });
  });

  it.each([
    ['another body', 'no_matching_signature', { body: Buffer.from('{"a":2}') }],
    ["another's signature", 'no_matching_signature', withSignature(signV1a({ key: privateKeyOf(Buffer.alloc(32)), ...content }))],
    ['its signature as v1', 'no_matching_signature', withSignature(signature.replace('v1a,', 'v1,'))],
    ['a cut signature', 'no_matching_signature', withSignature(signature.slice(0, 40))],
    // Whoever knows the public key could make it.
    ['an HMAC with the public key', 'no_matching_signature', withSignature(signV1({ key: publicKey, ...content }).replace('v1,', 'v1a,'))],
    ['an HMAC with the public key as v1', 'no_matching_signature', withSignature(signV1({ key: publicKey, ...content }))],
    ['a public key that is none', 'invalid_secret', { secrets: ['whpk_AAAA'] }],
    ['an old one', 'too_old', { nowSeconds: content.timestampSeconds + 301 }],
  ])('refuses %s', (_what, reason, change) => {
    expect(verify({ ...request, ...change })).toEqual({ ok: false, reason });
  });
});

describe('verifying', () => {
  const request = {
    secrets: [VECTOR.secret],
    headers: { 'webhook-id': VECTOR.id, 'webhook-timestamp': String(VECTOR.timestampSeconds), 'webhook-signature': VECTOR.signature },
    body: VECTOR.body,
    nowSeconds: VECTOR.timestampSeconds,
  };
  const verified = { ok: true, id: VECTOR.id, timestampSeconds: VECTOR.timestampSeconds };

  it.each([
    ['the vector', {}],
    ['a secret without prefix', { secrets: ['MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'] }],
    ['the second of two secrets', { secrets: [generateSecret().secret, VECTOR.secret] }],
    ['header names in another case', { headers: capitalised(request.headers) }],
    [
      'several signatures, other versions among them',
      { headers: { ...request.headers, 'webhook-signature': `${FOREIGN} v2,x v1a,y  ${VECTOR.signature} ${FOREIGN}` } },
    ],
    ['a header given twice', { headers: { ...request.headers, 'webhook-signature': [FOREIGN, VECTOR.signature] } }],
    ['a timestamp at the edge of the tolerance', { nowSeconds: VECTOR.timestampSeconds + 300 }],
    ['a timestamp of a clock that is ahead', { nowSeconds: VECTOR.timestampSeconds - 300 }],
    ['an old one with a wide tolerance', { nowSeconds: VECTOR.timestampSeconds + 3600, toleranceSeconds: 3600 }],
  ])('accepts %s', (_what, change) => {
    expect(verify({ ...request, ...change })).toEqual(verified);
  });

  it.each([
    ['a missing id', 'missing_header', { headers: { ...request.headers, 'webhook-id': undefined } }],
    ['a missing timestamp', 'missing_header', { headers: { ...request.headers, 'webhook-timestamp': '' } }],
    ['a missing signature', 'missing_header', { headers: { ...request.headers, 'webhook-signature': undefined } }],
    ['a timestamp that is no number', 'invalid_timestamp', { headers: { ...request.headers, 'webhook-timestamp': 'hello' } }],
    ['a number with a tail', 'invalid_timestamp', { headers: { ...request.headers, 'webhook-timestamp': '1614265330x' } }],
    ['a negative timestamp', 'invalid_timestamp', { headers: { ...request.headers, 'webhook-timestamp': '-1' } }],
    ['an old timestamp', 'too_old', { nowSeconds: VECTOR.timestampSeconds + 301 }],
    ['a timestamp of tomorrow', 'too_new', { nowSeconds: VECTOR.timestampSeconds - 301 }],
    ['a foreign signature', 'no_matching_signature', { headers: { ...request.headers, 'webhook-signature': FOREIGN } }],
    ['a cut signature', 'no_matching_signature', { headers: { ...request.headers, 'webhook-signature': VECTOR.signature.slice(0, 8) } }],
    ['an empty signature', 'no_matching_signature', { headers: { ...request.headers, 'webhook-signature': 'v1,' } }],
    [
      'our signature under another version',
      'no_matching_signature',
      { headers: { ...request.headers, 'webhook-signature': VECTOR.signature.replace('v1,', 'v2,') } },
    ],
    ['another id', 'no_matching_signature', { headers: { ...request.headers, 'webhook-id': 'msg_other' } }],
    ['another body', 'no_matching_signature', { body: Buffer.from('{"test": 2432232315}') }],
    ['another secret', 'no_matching_signature', { secrets: [generateSecret().secret] }],
    ['no secret', 'no_matching_signature', { secrets: [] }],
    ['a secret that is none', 'invalid_secret', { secrets: ['whsec_???'] }],
  ])('refuses %s', (_what, reason, change) => {
    expect(verify({ ...request, ...change })).toEqual({ ok: false, reason });
  });

  it('accepts what standardwebhooks signs, and nothing when a bit of it changes', () => {
    fc.assert(
      fc.property(keys, ids, timestamps, bodies, fc.nat(), (key, id, timestampSeconds, body, bit) => {
        const signature = new Webhook(formatSecret(key)).sign(id, new Date(timestampSeconds * 1000), body);
        const headers = { 'webhook-id': id, 'webhook-timestamp': String(timestampSeconds), 'webhook-signature': signature };
        const received = { secrets: [formatSecret(key)], headers, body, nowSeconds: timestampSeconds };
        expect(verify(received)).toEqual({ ok: true, id, timestampSeconds });
        expect(verify({ ...received, body: flipped(Buffer.concat([body, Buffer.from([0])]), bit) }).ok).toBe(false);
      }),
    );
  });
});

function flipped(bytes: Buffer, bit: number): Buffer {
  const position = bit % (bytes.length * 8);
  bytes.writeUInt8(bytes.readUInt8(position >> 3) ^ (1 << (position & 7)), position >> 3);
  return bytes;
}

function capitalised(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]));
}
