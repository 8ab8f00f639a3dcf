import { describe, expect, it } from '@jest/globals';
import { etagOf, ifMatchRevision } from './etag.ts';

describe('If-Match', () => {
  it.each([
    [undefined, undefined],
    ['*', undefined],
    [etagOf(7n), 7n],
    [' "12" ', 12n],
  ])('%s asks for revision %s', (header, revision) => {
    expect(ifMatchRevision(header)).toBe(revision);
  });

  it.each(['W/"7"', '7', '"x"', '""', '"1", "2"', `"${'9'.repeat(30)}"`])('%s is no tag of ours', (header) => {
    expect(() => ifMatchRevision(header)).toThrow(expect.objectContaining({ code: 'precondition_failed' }));
  });
});
