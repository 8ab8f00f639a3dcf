import { describeBound, describeNumber, type Figure, judge, type Verdict } from './figure.ts';
import { median } from './percentile.ts';

/** The figures of one scenario over its runs. */
export interface ScenarioFigures {
  readonly name: string;
  readonly title: string;
  readonly figures: readonly Figure[];
}

const MARKS: Readonly<Record<Verdict, string>> = { aim: '✓✓', must: '✓', short: '✗', none: '' };
const HEADINGS = ['scenario', 'figure', 'median', 'spread', 'must', 'aim', ''] as const;

/** A Markdown table, aligned so that a terminal shows it too. ✓✓ reaches the aim, ✓ the must, ✗ neither; judged by the median. */
export function toTable(scenarios: readonly ScenarioFigures[]): string {
  const rows = scenarios.flatMap(({ name, figures }) => figures.map((figure, index) => rowOf(index === 0 ? name : '', figure)));
  const widths = HEADINGS.map((heading, column) =>
    Math.max(...[heading, ...rows.map((row) => row[column] ?? '')].map(({ length }) => length)),
  );
  const line = (cells: readonly string[]): string => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(HEADINGS), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rows.map(line)].join('\n');
}

function rowOf(scenario: string, figure: Figure): readonly string[] {
  const { name, unit, values, must, aim } = figure;
  const middle = median(values);
  const withUnit = (value: number): string => `${describeNumber(value)}${unit === '' ? '' : ` ${unit}`}`;
  const spread = values.length < 2 ? '' : `${describeNumber(Math.min(...values))} … ${describeNumber(Math.max(...values))}`;
  return [scenario, name, withUnit(middle), spread, describeBound(must), describeBound(aim), MARKS[judge(figure, middle)]];
}
