import { describe, expect, it } from '@jest/globals';
import type { AttemptResult, SendErrorCategory } from '@hookwright/egress';
import { outcomeOf } from './outcome.ts';

const NOW_MS = Date.UTC(2026, 10, 25, 12);
const HOUR_MS = 3_600_000;

function response(statusCode: number, headers: Record<string, string> = {}): AttemptResult {
  return { kind: 'response', statusCode, headers, body: Buffer.alloc(0), truncated: false, durationMs: 1 };
}

describe('outcomeOf', () => {
  it.each([200, 201, 204, 299])('takes %i for a success', (statusCode) => {
    expect(outcomeOf(response(statusCode), NOW_MS)).toEqual({ kind: 'delivered', statusCode });
  });

  it('takes 410 for the end of the endpoint', () => {
    expect(outcomeOf(response(410), NOW_MS)).toEqual({ kind: 'gone', statusCode: 410, category: 'http_4xx' });
  });

  it.each([
    [101, 'request'],
    [300, 'redirect'],
    [304, 'redirect'],
    [400, 'http_4xx'],
    [404, 'http_4xx'],
    [429, 'http_4xx'],
    [499, 'http_4xx'],
    [500, 'http_5xx'],
    [503, 'http_5xx'],
    [599, 'http_5xx'],
  ])('retries after %i as %s', (statusCode, category) => {
    expect(outcomeOf(response(statusCode), NOW_MS)).toEqual({ kind: 'retry', statusCode, category, retryAfterMs: undefined });
  });

  const categories: SendErrorCategory[] = [
    'timeout',
    'dns',
    'tls',
    'connection',
    'blocked_target',
    'redirect',
    'request',
    'response_too_large',
  ];
  it.each(categories)('retries after the error %s', (category) => {
    expect(outcomeOf({ kind: 'error', category, message: 'it failed', durationMs: 1 }, NOW_MS)).toEqual({
      kind: 'retry',
      statusCode: undefined,
      category,
      retryAfterMs: undefined,
    });
  });

  it('keeps the status of a redirect', () => {
    const redirect: AttemptResult = { kind: 'error', category: 'redirect', message: 'redirects', durationMs: 1, statusCode: 302 };
    expect(outcomeOf(redirect, NOW_MS)).toMatchObject({ kind: 'retry', statusCode: 302, category: 'redirect' });
  });

  it.each([
    ['7', 7000],
    [' 7 ', 7000],
    ['0', 0],
    ['86400', 24 * HOUR_MS],
    ['1000000000', 24 * HOUR_MS],
    ['999999999999999', 24 * HOUR_MS],
    [new Date(NOW_MS + HOUR_MS).toUTCString(), HOUR_MS],
    ['Sunday, 06-Nov-33 08:49:37 GMT', 24 * HOUR_MS],
    ['Sun Nov  6 08:49:37 2033', 24 * HOUR_MS],
    [new Date(NOW_MS + 48 * HOUR_MS).toUTCString(), 24 * HOUR_MS],
    [new Date(NOW_MS - HOUR_MS).toUTCString(), undefined],
    ['-5', undefined],
    ['1e9', undefined],
    ['7.5', undefined],
    ['soon', undefined],
    ['', undefined],
    ['Wed, 99 Nov 2026 99:00:00 GMT', undefined],
  ])('reads Retry-After %j as %p ms, a day at most, and ignores nonsense', (text, retryAfterMs) => {
    expect(outcomeOf(response(429, { 'retry-after': text }), NOW_MS)).toMatchObject({ retryAfterMs });
    expect(outcomeOf(response(503, { 'retry-after': text }), NOW_MS)).toMatchObject({ retryAfterMs });
  });

  it.each([-HOUR_MS, 0, HOUR_MS])('counts a date from the response’s own when our clock is %i ms off', (offMs) => {
    const headers = { date: new Date(NOW_MS).toUTCString(), 'retry-after': new Date(NOW_MS + 7000).toUTCString() };
    expect(outcomeOf(response(503, headers), NOW_MS + offMs)).toMatchObject({ retryAfterMs: 7000 });
    const nonsense = { ...headers, date: 'yesterday' };
    expect(outcomeOf(response(503, nonsense), NOW_MS)).toMatchObject({ retryAfterMs: 7000 });
  });

  it('takes a wish for time only from 429 and 503', () => {
    expect(outcomeOf(response(500, { 'retry-after': '7' }), NOW_MS)).toMatchObject({ retryAfterMs: undefined });
  });
});
