import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { depthOfJson, memberOfJson } from './json-text.ts';

const depthOf = (text: string): number => depthOfJson(Buffer.from(text));
const memberOf = (text: string, name = 'data'): string | undefined => memberOfJson(Buffer.from(text), name)?.toString();

function depthOfValue(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOfValue));
}

describe('depthOfJson', () => {
  it.each([
    ['null', 0],
    ['"[[[{"', 0],
    ['"\\"[["', 0],
    ['"\\\\"', 0],
    ['[]', 1],
    ['[[],[[]]]', 3],
    ['{"a":{"[":[1,"}"]}}', 3],
    ['{"é[":"ü]"}', 1],
  ])('of %s is %i', (text, depth) => {
    expect(depthOf(text)).toBe(depth);
  });

  it('is that of the parsed value, for any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        expect(depthOf(JSON.stringify(value, undefined, 1))).toBe(depthOfValue(value));
      }),
    );
  });

  it('ends for bytes that are no JSON', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
        expect(depthOfJson(bytes)).toBeGreaterThanOrEqual(0);
      }),
    );
    expect(depthOf('"never ends')).toBe(0);
    expect(depthOf('"ends with \\')).toBe(0);
  });
});

describe('memberOfJson', () => {
  it.each([
    ['{}', undefined],
    ['{ }', undefined],
    ['{"dat":1}', undefined],
    ['{"data":1}', '1'],
    ['{"a":{"data":1},"data":[ 2 ]}', '[ 2 ]'],
    ['{"a":"\\"data\\":1,","data":true}', 'true'],
    ['{"a":[{"data":3}]}', undefined],
    ['\r\n{\t"data"\n:\r {"x" :1 ,\t"x": 2}\n }\n', '{"x" :1 ,\t"x": 2}'],
    ['{"data":"}","b":1}', '"}"'],
    ['{"data":"\\\\"}', '"\\\\"'],
    ['{"d\\u0061ta":"\\u00e9"}', '"\\u00e9"'],
    ['{"data":1,"data":{"last":"wins"}}', '{"last":"wins"}'],
    ['{"data":-1.50e+3}', '-1.50e+3'],
    ['{"":0,"data":null}', 'null'],
  ])('of %j is %j', (text, member) => {
    expect(memberOf(text)).toBe(member);
  });

  it('parses to what JSON.parse finds there, for any object', () => {
    const names = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('data', '__proto__', '"', '\\', ':', '{', ''));
    const objects = fc.dictionary(names, fc.jsonValue({ maxDepth: 4 }), { noNullPrototype: true });
    fc.assert(
      fc.property(objects, fc.constantFrom(undefined, 1, '\t'), (object, indent) => {
        const text = JSON.stringify(object, undefined, indent);
        for (const [name, value] of Object.entries(object)) {
          expect(JSON.parse(memberOf(text, name) ?? '')).toEqual(JSON.parse(JSON.stringify(value)));
        }
      }),
    );
  });
});
