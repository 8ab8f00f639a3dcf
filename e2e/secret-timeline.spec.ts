import { describe, expect, it } from '@jest/globals';
import { type KnownSecret, liveAt, maySign, mustSign, revoked, rotated } from './secret-timeline.ts';

const first: KnownSecret = { id: 'a', text: 'whsec_a', sinceMs: 0 };
const idsOf = (secrets: readonly KnownSecret[]): string => secrets.map(({ id }) => id).join('');
const rotate = (secrets: readonly KnownSecret[], id: string, atMs: number, overlapMs: number): KnownSecret[] =>
  rotated(secrets, { id, text: `whsec_${id}`, atMs, previousEndsMs: atMs + overlapMs });

describe('who signs', () => {
  const two = rotate([first], 'b', 10_000, 20_000);

  it.each([
    [9000, 'a', 'ab'],
    [11_000, 'a', 'ab'],
    [13_000, 'ab', 'ab'],
    [28_000, 'ab', 'ab'],
    [30_000, 'b', 'ab'],
    [36_000, 'b', 'ab'],
    [37_000, 'b', 'b'],
  ])('at %i, with an overlap from 10 to 30 s: must %s, may %s', (atMs, must, may) => {
    expect([idsOf(mustSign(two, atMs)), idsOf(maySign(two, atMs))]).toEqual([must, may]);
  });

  it('is nobody who was revoked, or ended by the next rotation, a second later', () => {
    expect(idsOf(maySign(revoked(two, 'a', 15_000), 17_600))).toBe('b');
    const three = rotate(two, 'c', 15_000, 60_000);
    expect(idsOf(liveAt(three, 15_000))).toBe('bc');
    expect([idsOf(maySign(three, 17_000)), idsOf(maySign(three, 17_600))]).toEqual(['abc', 'bc']);
  });

  it('is the new one alone after a rotation without an overlap', () => {
    const replaced = rotate([first], 'b', 10_000, 0);
    expect([idsOf(liveAt(replaced, 10_000)), idsOf(maySign(replaced, 12_600)), idsOf(mustSign(replaced, 12_600))]).toEqual(['b', 'b', 'b']);
  });
});
