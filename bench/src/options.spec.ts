import { describe, expect, it } from '@jest/globals';
import { readBenchOptions } from './options.ts';

const known = ['fan-out', 'single'];

describe('the command line of npm run bench', () => {
  it('means every scenario once by default', () => {
    expect(readBenchOptions([], known)).toEqual({ scenarios: [], runs: 1, profiled: [], write: false, help: false });
  });

  it('takes names of scenarios and options in any order', () => {
    expect(readBenchOptions(['single', '--runs', '3', '--profile'], known)).toMatchObject({
      scenarios: ['single'],
      runs: 3,
      profiled: ['delivery', 'ingest'],
    });
  });

  it.each([
    [['fanout'], 'no scenario is called fanout; there are fan-out, single'],
    [['--runs', '0'], '--runs=0 is no number of runs'],
    [['--run', '3'], "Unknown option '--run'"],
  ])('refuses %j', (args, message) => {
    expect(() => readBenchOptions(args, known)).toThrow(message);
  });
});
