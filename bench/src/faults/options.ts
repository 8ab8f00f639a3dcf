import { parseArgs } from 'node:util';
import type { Size } from './stage/stage.ts';

export interface FaultsOptions {
  /** Ids in the order of the table; empty: all. */
  readonly rows: readonly string[];
  readonly size: Size;
  readonly times: number;
  readonly help: boolean;
}

export const HELP = `npm run faults [-- rows] [-- options]   breaks a running system on purpose, and counts

  R1 K2 …      only these rows; R: all whose id begins with it
  --short      a small share of the load, for a quick look; docs/faults.md is left as it is
  --times 3    each row so many times; it has passed when every run has
  --help       this text`;

/** Reads the command line. Throws an Error with a sentence for what it does not understand. */
export function readOptions(args: readonly string[]): FaultsOptions {
  const flag = { type: 'boolean', default: false } as const;
  const options = { short: flag, help: flag, times: { type: 'string', default: '1' } } as const;
  const { values, positionals } = parseArgs({ args: [...args], options, strict: true, allowPositionals: true });
  const times = Number(values.times);
  if (!Number.isInteger(times) || times < 1) throw new Error(`--times ${values.times} is not a number of runs`);
  return {
    rows: positionals.map((id) => id.toUpperCase()),
    size: values.short ? 'short' : 'full',
    times,
    help: values.help,
  };
}

/** The rows asked for, in the table's order. Throws for a name that fits none. */
export function chooseRows<R extends { readonly id: string }>(all: readonly R[], wanted: readonly string[]): readonly R[] {
  const fits = (id: string, name: string): boolean => id === name || id.replace(/\d+$/, '') === name;
  const unknown = wanted.filter((name) => !all.some(({ id }) => fits(id, name)));
  if (unknown.length > 0) throw new Error(`no row is called ${unknown.join(', ')}; there are ${all.map(({ id }) => id).join(' ')}`);
  return wanted.length === 0 ? all : all.filter(({ id }) => wanted.some((name) => fits(id, name)));
}
