/** A bound that a figure has to keep. */
export type Bound = { readonly atLeast: number } | { readonly atMost: number };

/** What is measured, under which name, and what is wanted of it. Source of must and aim: the table of the delivery engine's issue. */
export interface FigureKind {
  readonly name: string;
  readonly unit: string;
  readonly must?: Bound;
  readonly aim?: Bound;
}

/** One value a run. */
export interface Figure extends FigureKind {
  readonly values: readonly number[];
}

export type Verdict = 'aim' | 'must' | 'short' | 'none';

/** Which bounds a value keeps: the aim, at least the must, not even that, or that there is none. A value that is not a number falls short. */
export function judge({ must, aim }: FigureKind, value: number): Verdict {
  if (must === undefined && aim === undefined) return 'none';
  if (aim !== undefined && keeps(aim, value)) return 'aim';
  if (must !== undefined && !keeps(must, value)) return 'short';
  return must === undefined ? 'short' : 'must';
}

function keeps(bound: Bound, value: number): boolean {
  return 'atLeast' in bound ? value >= bound.atLeast : value <= bound.atMost;
}

/** `≥ 7,000`, `≤ 20`; empty without a bound. */
export function describeBound(bound: Bound | undefined): string {
  if (bound === undefined) return '';
  return 'atLeast' in bound ? `≥ ${describeNumber(bound.atLeast)}` : `≤ ${describeNumber(bound.atMost)}`;
}

/** Three significant digits, as many thousands as it has: 12,345 · 345 · 3.46 · 0.346. */
export function describeNumber(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}
