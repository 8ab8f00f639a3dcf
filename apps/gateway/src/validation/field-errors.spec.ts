import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { fieldErrors } from './field-errors.ts';

const schema = z.strictObject({
  name: z.string(),
  'a/b~c': z.int().optional(),
  list: z.array(z.strictObject({ id: z.string() })).optional(),
  url: z
    .string()
    .refine((url) => url.startsWith('https:'), { message: 'must be https', params: { code: 'url_not_https' } })
    .optional(),
});
const errorsOf = (value: unknown) =>
  fieldErrors(schema.safeParse(value).error?.issues ?? [], value).map(({ pointer, code }) => [pointer, code]);

describe('what is wrong with a value', () => {
  it.each<[string, unknown, [string, string][]]>([
    ['nothing', { name: 'a' }, []],
    ['a missing field', {}, [['/name', 'missing_field']]],
    ['null is not missing', { name: null }, [['/name', 'invalid_field']]],
    ['no value at all', undefined, [['', 'missing_field']]],
    [
      'each unknown field',
      { name: 'a', x: 1, y: 2 },
      [
        ['/x', 'unknown_field'],
        ['/y', 'unknown_field'],
      ],
    ],
    ['an unknown field deep inside', { name: 'a', list: [{ id: 'b', z: 1 }] }, [['/list/0/z', 'unknown_field']]],
    ['a name that a pointer must escape', { name: 'a', 'a/b~c': 'x' }, [['/a~1b~0c', 'invalid_field']]],
    ['a code of its own', { name: 'a', url: 'http://a' }, [['/url', 'url_not_https']]],
  ])('is told: %s', (_what, value, expected) => {
    expect(errorsOf(value)).toEqual(expected);
  });

  it('is told up to 50 times', () => {
    expect(errorsOf({ name: 'a', list: Array.from({ length: 1000 }, () => ({})) })).toHaveLength(50);
  });
});
