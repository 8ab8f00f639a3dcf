import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { hits, spellings } from './spellings.ts';

const bytes = randomBytes(32);
const all = spellings({ name: 'key', bytes });

describe('spellings', () => {
  it.each<[string, Buffer | string]>([
    ['raw', Buffer.concat([Buffer.from('before'), bytes, Buffer.from('after')])],
    ['hex', `\\x${bytes.toString('hex')}`],
    ['upper-case hex', bytes.toString('hex').toUpperCase()],
    ['base64', `whsec_${bytes.toString('base64')}`],
    ['base64url', `token=${bytes.toString('base64url')}&x=1`],
    ['base64 of a longer text', Buffer.concat([Buffer.from('a'), bytes, Buffer.from('zz')]).toString('base64')],
    ['base64 of another longer text', Buffer.concat([Buffer.from('ab'), bytes]).toString('base64')],
  ])('finds it as %s', (_form, place) => {
    expect(hits(place, all)).not.toEqual([]);
  });

  it('finds it nowhere else, and never shows it', () => {
    expect(hits(randomBytes(100_000), all)).toEqual([]);
    expect(hits(bytes, all)).toEqual(['key (raw)']);
  });
});
