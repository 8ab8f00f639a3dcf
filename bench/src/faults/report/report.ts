import { type Check, describeChecks } from '../judge/checks.ts';
import type { Row } from '../row.ts';

/** What one run of a row showed. */
export type Finding = { readonly checks: readonly Check[] } | { readonly error: string };

/** All runs of one row in one go. */
export interface RowResult {
  readonly row: Pick<Row, 'id' | 'fault' | 'criterion'>;
  readonly findings: readonly Finding[];
}

export interface RunOf {
  /** YYYY-MM-DD */
  readonly date: string;
  /** Short hash, with "+" when the tree had changes. */
  readonly commit: string;
}

const HEADER = '| row | fault | passes when | measured | result | date | commit |\n|---|---|---|---|---|---|---|';
const NOT_RUN = '| not run yet | – | | |';

export function hasPassed({ findings }: RowResult): boolean {
  return findings.every((finding) => 'checks' in finding && finding.checks.every(({ passed }) => passed));
}

/** "lost 0; dup 12 (≤ 100)", one part per run. */
export function describeFindings(findings: readonly Finding[]): string {
  const texts = findings.map((finding) => ('checks' in finding ? describeChecks(finding.checks) : `not carried out: ${finding.error}`));
  return texts.length === 1 ? (texts[0] ?? '') : texts.map((text, index) => `(${index + 1}) ${text}`).join(' ');
}

export interface ReportOptions {
  /** The file as it is; empty when there is none. */
  readonly previous: string;
  readonly rows: readonly Pick<Row, 'id' | 'fault' | 'criterion'>[];
  readonly results: readonly RowResult[];
  readonly run: RunOf;
}

/**
 * docs/faults.md with the results in it. Rows that were not run now keep what `previous` says of them; those that were
 * never run say so.
 */
export function renderReport({ previous, rows, results, run }: ReportOptions): string {
  const lines = rows.map((row) => {
    const result = results.find((each) => each.row.id === row.id);
    const known = previous.split('\n').find((line) => line.startsWith(`| ${row.id} |`));
    return result === undefined ? (known ?? `${head(row)}${NOT_RUN}`) : lineOf(result, run);
  });
  return `${introduction(lines)}\n\n${HEADER}\n${lines.join('\n')}\n`;
}

function introduction(lines: readonly string[]): string {
  const passed = lines.filter((line) => line.includes('| pass |')).length;
  const failed = lines.filter((line) => line.includes('| FAIL |')).length;
  const rest = lines.length - passed - failed;
  return `# What happens when things break

\`npm run faults\` breaks a running system on purpose and counts. It needs nothing but a clone; \`npm run faults -- R1 K2\` runs some rows, \`--times 3\`
repeats each, \`--short\` takes a small share of the load. This file is written by it, from the last run of each row.

A driver logs every event that was accepted (a broker's ack, or a 2xx) with the apps that must get it; receivers log every request; afterwards the two
are compared. *pair* = (app, webhook-id). *lost* = expected pairs never seen. *dup* = requests for a pair that had already been answered 2xx.
*unaffected p99* = healthy apps' event-to-arrival p99 as a ratio to the time before the fault in the same run. Load is 200 pairs a second unless the
row says more. T = a delivery's total deadline, 10 s. Processes and stores are real, and so are the kills.
(1) (2) (3) in one cell are three runs; ✗ marks a figure that breaks its limit. A commit with a + had changes that were not committed yet.

Not here: S1, S2, S4, S8–S11 and T4 of the table. Specs hold the addresses of S1 and S2 (libs/egress) and the vectors of S9 (libs/signing).

${passed} rows pass, ${failed} fail${rest === 0 ? '' : `, ${rest} were not run yet`}.`;
}

function lineOf(result: RowResult, { date, commit }: RunOf): string {
  const measured = describeFindings(result.findings.map(inOneLine)).replaceAll('|', '\\|');
  return `${head(result.row)}| ${measured} | ${hasPassed(result) ? 'pass' : 'FAIL'} | ${date} | ${commit} |`;
}

/** What the terminal shows below the reason is for whoever ran it. */
function inOneLine(finding: Finding): Finding {
  return 'error' in finding ? { error: finding.error.split('\n', 1)[0] ?? '' } : finding;
}

function head({ id, fault, criterion }: Pick<Row, 'id' | 'fault' | 'criterion'>): string {
  return `| ${id} | ${fault} | ${criterion} `;
}
