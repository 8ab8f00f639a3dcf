import { unavailable } from '@hookwright/runtime';
import { describe, expect, it } from '@jest/globals';
import { IssuerAway } from './bounded-fetch.ts';
import { NoMerchant, failureOf, reasonOf } from './login-failure.ts';

const wrapped = (cause: unknown): Error => new Error('something went wrong', { cause });

describe('a login that failed', () => {
  it.each([
    [new IssuerAway('no answer'), 'away'],
    [wrapped(new IssuerAway('no answer')), 'away'],
    [unavailable("The platform's login"), 'away'],
    [new NoMerchant('no id'), 'no_merchant'],
    [new Error('unexpected JWT claim value encountered'), 'unusable'],
    [undefined, 'unusable'],
  ])('with %s is %s', (error, failure) => {
    expect(failureOf(error)).toBe(failure);
  });

  it('says why, from what failed to its cause', () => {
    const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    expect(reasonOf(wrapped(new IssuerAway('the issuer did not answer', { cause: refused })))).toBe(
      'something went wrong: the issuer did not answer: connect ECONNREFUSED',
    );
  });

  it('says the code of an OAuth error, and nothing that the issuer wrote', () => {
    const told = { error: 'invalid_client', code: 'OAUTH_RESPONSE_BODY_ERROR', error_description: 'the secret abc is wrong' };
    expect(reasonOf(Object.assign(new Error('an error', { cause: { message: 'abc' } }), told))).toBe('an error invalid_client');
    expect(reasonOf(Object.assign(new Error('an error'), { error: 'abc\nlogin.succeeded' }))).toBe('an error');
    expect(reasonOf(wrapped(new SyntaxError('Unexpected token "abc'))).includes('abc')).toBe(false);
  });

  it('says so of no more than six causes', () => {
    const circle = new Error('round');
    circle.cause = circle;
    expect(reasonOf(circle)).toBe(Array.from({ length: 6 }, () => 'round').join(': '));
  });
});
