/** One part of a row's criterion, judged. */
export interface Check {
  /** What was measured, in the words of the criterion: "lost", "all arrived after". */
  readonly name: string;
  /** With its unit. */
  readonly measured: string;
  /** The same as a number in its unit; NaN: it never happened. What holds is 1, what does not is 0. */
  readonly value: number;
  readonly unit: Unit;
  /** "0", "≤ 60 s". */
  readonly limit: string;
  readonly passed: boolean;
}

/** Unit that follows a number: with a space, except for %, x and none. */
export type Unit = 's' | 'ms' | 'MB' | 'KiB' | 'a second' | '%' | 'x' | '';

export function none(name: string, value: number): Check {
  return exactly(name, value, 0);
}

export function exactly(name: string, value: number, wanted: number): Check {
  return { ...measurement({ name, value, unit: '' }), limit: figure(wanted), passed: value === wanted };
}

/** NaN, the figure of what never happened, passes nothing. */
export function atMost(name: string, value: number, limit: number, unit: Unit = ''): Check {
  return { ...measurement({ name, value, unit }), limit: `≤ ${figure(limit, unit)}`, passed: value <= limit };
}

export function atLeast(name: string, value: number, limit: number, unit: Unit = ''): Check {
  return { ...measurement({ name, value, unit }), limit: `≥ ${figure(limit, unit)}`, passed: value >= limit };
}

export function between(name: string, value: number, limits: readonly [number, number], unit: Unit = ''): Check {
  const [least, most] = limits;
  const limit = `${figure(least, unit)} … ${figure(most, unit)}`;
  return { ...measurement({ name, value, unit }), limit, passed: value >= least && value <= most };
}

/** Something that holds or does not; `otherwise` says what was seen instead. */
export function holds(name: string, passed: boolean, otherwise: string): Check {
  return { name, measured: passed ? 'yes' : otherwise, value: passed ? 1 : 0, unit: '', limit: 'yes', passed };
}

/** A figure that belongs to the row but decides nothing. */
export function note(name: string, value: number | string, unit: Unit = ''): Check {
  if (typeof value === 'string') return { name, measured: value, value: 1, unit, limit: '', passed: true };
  return { ...measurement({ name, value, unit }), limit: '', passed: true };
}

/** "lost 0; dup 38 (≤ 100)": limits only where they are not the value itself, and an ✗ where one is broken. */
export function describeChecks(checks: readonly Check[]): string {
  return checks
    .map(({ name, measured, limit, passed }) => {
      const wanted = limit === '' || limit === measured ? '' : ` (${limit})`;
      return `${name} ${measured}${wanted}${passed ? '' : ' ✗'}`;
    })
    .join('; ');
}

type Measurement = Pick<Check, 'name' | 'measured' | 'value' | 'unit'>;

function measurement({ name, value, unit }: Omit<Measurement, 'measured'>): Measurement {
  return { name, measured: figure(value, unit), value, unit };
}

function figure(value: number, unit: Unit = ''): string {
  if (Number.isNaN(value)) return 'never';
  const digits = Number.isInteger(value) ? 0 : Math.abs(value) < 10 ? 2 : 1;
  const number = value.toLocaleString('en-US', { maximumFractionDigits: digits }).replaceAll(',', ' ');
  return unit === '' || unit === '%' || unit === 'x' ? `${number}${unit}` : `${number} ${unit}`;
}
