import { describe, expect, it } from '@jest/globals';
import { chooseRows, readOptions } from './options.ts';

const ROWS = ['R1', 'R2', 'R10', 'K1'].map((id) => ({ id }));
const ids = (...wanted: string[]): string[] => chooseRows(ROWS, wanted).map(({ id }) => id);

describe('readOptions', () => {
  it('runs every row once and in full when nothing is said', () => {
    expect(readOptions([])).toEqual({ rows: [], size: 'full', times: 1, help: false });
  });

  it('reads rows and options in any order', () => {
    expect(readOptions(['r1', '--times', '3', 'K2', '--short'])).toEqual({
      rows: ['R1', 'K2'],
      size: 'short',
      times: 3,
      help: false,
    });
  });

  it.each([[['--times', '0']], [['--times', 'many']], [['--sohrt']]])('refuses %j', (args) => {
    expect(() => readOptions(args)).toThrow();
  });
});

describe('chooseRows', () => {
  it('gives all, some by name, or all of a letter, always in the order of the table', () => {
    expect([ids(), ids('K1', 'R1'), ids('R')]).toEqual([
      ['R1', 'R2', 'R10', 'K1'],
      ['R1', 'K1'],
      ['R1', 'R2', 'R10'],
    ]);
  });

  it('names what it does not know', () => {
    expect(() => ids('R1', 'X9')).toThrow('no row is called X9');
  });
});
