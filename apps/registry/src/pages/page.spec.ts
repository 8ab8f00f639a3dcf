import { describe, expect, it } from '@jest/globals';
import { cutPage, olderThan, readPage } from './page.ts';

const rows = [3, 2, 1].map((n) => ({ createdAt: new Date(n * 1000), id: `app_${n}` }));

describe('pages', () => {
  it.each([
    [undefined, 50],
    [0, 50],
    [1, 1],
    [100, 100],
    [5000, 100],
  ])('reads limit %p as %p', (limit, expected) => {
    expect(readPage(limit === undefined ? undefined : { limit, cursor: '' })).toEqual({ limit: expected, after: undefined });
  });

  it('gives a cursor that leads to the rows after the page', () => {
    const { rows: page, nextCursor } = cutPage(rows, 2);
    expect(page.map(({ id }) => id)).toEqual(['app_3', 'app_2']);
    expect(readPage({ limit: 2, cursor: nextCursor }).after).toEqual({ createdAt: new Date(2000), id: 'app_2' });
  });

  it('gives no cursor when nothing is left', () => {
    expect(cutPage(rows, 3).nextCursor).toBe('');
    expect(cutPage([], 3)).toEqual({ rows: [], nextCursor: '' });
  });

  it.each([
    'nonsense',
    '!',
    'x'.repeat(10_000),
    Buffer.from('1.a b').toString('base64url'),
    Buffer.from('99999999999999999.app_1').toString('base64url'),
  ])('refuses the cursor %.40s', (cursor) => {
    expect(() => readPage({ limit: 2, cursor })).toThrow(expect.objectContaining({ code: 'invalid_cursor' }));
  });

  it('asks for everything when there is no place', () => {
    expect(olderThan(undefined)).toEqual({});
  });
});
