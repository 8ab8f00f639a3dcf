import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { formatSecret, generateSecret, parseSecret, signatureHeader, signV1, verify } from './index.ts';

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

const keys = fc.uint8Array({ minLength: 24, maxLength: 64 }).map((bytes) => Buffer.from(bytes));
const ids = fc.stringMatching(/^evt_[0-9a-z]{26}$/);
const timestamps = fc.integer({ min: 0, max: 4_102_444_800 });
// The reference decodes the body as UTF-8, so bodies have to be UTF-8 for a comparison.
const bodies = fc.string({ unit: 'grapheme', maxLength: 2000 }).map((text) => Buffer.from(text));

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

  it('puts one signature per live key into the header, in their order', () => {
    const first = keyOf(VECTOR.secret);
    const second = createHash('sha256').update('second').digest();
    const header = signatureHeader([first, second], VECTOR);
    expect(header).toBe(`${VECTOR.signature} ${signV1({ ...VECTOR, key: second })}`);
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
          'webhook-signature': signatureHeader(live, { id, timestampSeconds, body }),
        };
        for (const key of live) new Webhook(formatSecret(key)).verify(body, headers, { jsonParse: false });
      }),
      { numRuns: 50 },
    );
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
