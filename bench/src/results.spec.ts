import { describe, expect, it } from '@jest/globals';
import { replaceFigures } from './results.ts';

const BEGIN = '<!-- figures: written by npm run bench -- --write -->';
const END = '<!-- end of figures -->';

describe('replaceFigures', () => {
  it('replaces what is between the marks and nothing else', () => {
    expect(replaceFigures(`# Results\n\n${BEGIN}\nold\n${END}\n\nmore\n`, 'new')).toBe(`# Results\n\n${BEGIN}\n\nnew\n\n${END}\n\nmore\n`);
  });

  it('refuses a file without the marks rather than to lose what is in it', () => {
    expect(() => replaceFigures('# Results\n', 'new')).toThrow('no place for figures');
  });
});
