import { describe, expect, it } from '@jest/globals';
import { attemptRecord, type MadeAttempt } from './attempt-record.ts';

const MADE = { number: 2, url: 'https://shipit.example/hooks', startedAtMs: 1_764_000_000_000, signedWith: ['sec_1'] } as const;

describe('attemptRecord', () => {
  it('keeps the sentence that says why there was no usable answer', () => {
    const made: MadeAttempt = {
      ...MADE,
      result: { kind: 'error', category: 'tls', message: 'TLS failed: renew it: certificate has expired', durationMs: 12 },
      outcome: { kind: 'retry', statusCode: undefined, category: 'tls', retryAfterMs: undefined },
    };
    expect(attemptRecord(made)).toMatchObject({
      number: 2,
      durationMs: 12,
      statusCode: undefined,
      errorCategory: 'tls',
      errorDetail: 'TLS failed: renew it: certificate has expired',
      responseHeaders: {},
    });
  });

  it('needs none where the endpoint answered', () => {
    const made: MadeAttempt = {
      ...MADE,
      result: {
        kind: 'response',
        statusCode: 503,
        headers: { 'retry-after': '7' },
        body: Buffer.from('busy'),
        truncated: false,
        durationMs: 3,
      },
      outcome: { kind: 'retry', statusCode: 503, category: 'http_5xx', retryAfterMs: 7000 },
    };
    const record = attemptRecord(made);
    expect(record).toMatchObject({ statusCode: 503, errorCategory: 'http_5xx', responseBody: Buffer.from('busy'), retryAfterMs: 7000 });
    expect(record).not.toHaveProperty('errorDetail');
  });
});
