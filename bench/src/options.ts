import { parseArgs } from 'node:util';
import type { ServiceName } from '@hookwright/local';

export interface BenchOptions {
  /** Names of scenarios; none: all. */
  readonly scenarios: readonly string[];
  readonly runs: number;
  /** Services whose CPU is profiled, which makes them slower. */
  readonly profiled: readonly ServiceName[];
  /** Write the figures to bench/RESULTS.md. */
  readonly write: boolean;
  readonly help: boolean;
}

const PROFILED: readonly ServiceName[] = ['delivery', 'ingest'];
const DEFAULT_RUNS = 1;

/** Reads the command line. Throws an Error that tells what is wrong with it. */
export function readBenchOptions(args: readonly string[], known: readonly string[]): BenchOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      runs: { type: 'string', default: String(DEFAULT_RUNS) },
      profile: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const unknown = positionals.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`no scenario is called ${unknown.join(', ')}; there are ${known.join(', ')}`);
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1) throw new Error(`--runs=${values.runs} is no number of runs`);
  return { scenarios: positionals, runs, profiled: values.profile ? PROFILED : [], write: values.write, help: values.help };
}
