import { describe, expect, it } from '@jest/globals';
import { csrfToken, isCsrfToken, isFromOwnPage, isFromOwnScript } from './csrf.ts';

const OWN = 'https://hooks.example';

describe('a form’s token', () => {
  it('is good for its session and its purpose only', () => {
    const token = csrfToken('session-1', 'consent a');
    expect(isCsrfToken(token, 'session-1', 'consent a')).toBe(true);
    expect(isCsrfToken(token, 'session-2', 'consent a')).toBe(false);
    expect(isCsrfToken(token, 'session-1', 'consent b')).toBe(false);
    expect(isCsrfToken('', 'session-1', 'consent a')).toBe(false);
    expect(isCsrfToken(`${token}a`, 'session-1', 'consent a')).toBe(false);
    expect(token).not.toContain('session-1');
  });
});

describe('where a form comes from', () => {
  it.each([
    [{ 'sec-fetch-site': 'same-origin', origin: 'null' }, true],
    [{ 'sec-fetch-site': 'same-site' }, false],
    [{ 'sec-fetch-site': 'cross-site', origin: OWN }, false],
    [{ 'sec-fetch-site': 'none' }, false],
    [{ origin: OWN }, true],
    [{ origin: 'null' }, true],
    [{ origin: 'https://evil.example' }, false],
    [{ origin: 'https://hooks.example.evil.example' }, false],
    [{ origin: 'http://hooks.example' }, false],
    [{}, true],
  ])('%j: %s', (headers, own) => {
    expect(isFromOwnPage(headers, OWN)).toBe(own);
  });
});

describe('where a script’s request comes from, as the browser has to say', () => {
  it.each([
    [{ 'sec-fetch-site': 'same-origin' }, true],
    [{ 'sec-fetch-site': 'same-origin', origin: 'null' }, true],
    [{ 'sec-fetch-site': 'same-site', origin: OWN }, false],
    [{ 'sec-fetch-site': 'cross-site' }, false],
    [{ 'sec-fetch-site': 'none' }, false],
    [{ origin: OWN }, true],
    [{ origin: 'null' }, false],
    [{ origin: 'https://evil.example' }, false],
    [{}, false],
  ])('%j: %s', (headers, own) => {
    expect(isFromOwnScript(headers, OWN)).toBe(own);
  });
});
