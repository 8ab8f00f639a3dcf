import { describe, expect, it } from '@jest/globals';
import { readForm } from './read-form.ts';

const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
const read = (text: string | Buffer) => readForm(headers, Buffer.from(text));

describe('a form', () => {
  it('has every value of every field', () => {
    expect(read('a=1&b=%C3%A9+x&a=2&c')).toEqual({ a: ['1', '2'], b: ['é x'], c: [''] });
    expect(read('')).toEqual({});
  });

  it('changes no prototype', () => {
    const form = read('__proto__=x&constructor=y');
    expect(Object.getPrototypeOf(form)).toBe(Object.prototype);
    expect(Object.keys(form)).toEqual(['__proto__', 'constructor']);
  });

  it.each<[string, () => unknown, string]>([
    ['of another type', () => readForm({ 'content-type': 'application/json' }, Buffer.from('{}')), 'unsupported_media_type'],
    ['of 17 KB', () => read(`a=${'x'.repeat(17_000)}`), 'body_too_large'],
    ['of 201 fields', () => read('a&'.repeat(201)), 'body_too_large'],
    ['that is not UTF-8', () => read(Buffer.from([0x61, 0xff])), 'invalid_request'],
  ])('%s is refused', (_what, work, code) => {
    expect(work).toThrow(expect.objectContaining({ code }));
  });
});
