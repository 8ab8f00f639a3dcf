import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { judgeSignatures, secretLives } from './signatures.ts';

const newSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`;
const [a, b, c] = [newSecret(), newSecret(), newSecret()];
const FIRST = [{ appId: 'app_1', secret: a }];
/** a until 20 000, b from 10 000 on. */
const ROTATED = { appId: 'app_1', askedMs: 9900, answeredMs: 10_000, secret: b, previous: { secret: a, endsMs: 20_000 } };

function request(atMs: number, ...secrets: string[]) {
  const timestamp = Math.floor(atMs / 1000);
  const signatures = secrets.map((secret) => new Webhook(secret).sign('evt_1', new Date(timestamp * 1000), '{}'));
  const headers = {
    'webhook-app-id': 'app_1',
    'webhook-id': 'evt_1',
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signatures.join(' '),
  };
  return { path: '/', atMs, headers, body: Buffer.from('{}') };
}

describe('judgeSignatures', () => {
  it.each([
    ['the only secret', request(5000, a), {}],
    ['the old one, while the rotation gets around', request(10_900, a), {}],
    ['both, in the overlap', request(15_000, a, b), {}],
    ['the new one alone, in the overlap', request(15_000, b), { withMissing: 1 }],
    ['the old one alone, in the overlap', request(15_000, a), { withMissing: 1 }],
    ['the new one, after the overlap', request(20_001, b), {}],
    ['both, until 5 s after the end', request(25_000, a, b), {}],
    ['both, later than that', request(25_001, a, b), { late: 1 }],
    ['the old one alone, later than that', request(25_001, a), { late: 1, withMissing: 1, withoutValid: 1 }],
    ['a stranger', request(5000, c), { withMissing: 1, withoutValid: 1 }],
    ['nobody', request(5000), { withMissing: 1, withoutValid: 1 }],
  ])('judges what was signed by %s', (_who, sample, broken) => {
    const verdict = judgeSignatures([sample], secretLives(FIRST, [ROTATED]));
    expect(verdict).toEqual({ requests: 1, withoutValid: 0, withMissing: 0, late: 0, ...broken });
  });

  it.each([
    [9800, [a], {}],
    [9950, [a], {}],
    [9950, [b], {}],
    [15_000, [a, b], {}],
    [15_001, [a, b], { late: 1 }],
    [15_001, [b], {}],
  ])('lets a secret without an overlap end between the call and 5 s after its answer: %d', (atMs, secrets, broken) => {
    const lives = secretLives(FIRST, [{ ...ROTATED, previous: { secret: a, endsMs: 9990 } }]);
    expect(judgeSignatures([request(atMs, ...secrets)], lives)).toMatchObject({ withMissing: 0, late: 0, ...broken });
  });

  it('counts a revoked secret from its answer on', () => {
    const lives = secretLives(FIRST, [ROTATED, { appId: 'app_1', askedMs: 11_990, answeredMs: 12_000, ended: [a] }]);
    expect(judgeSignatures([request(17_001, a, b), request(12_500, b)], lives)).toMatchObject({ late: 1, withMissing: 0 });
  });
});
