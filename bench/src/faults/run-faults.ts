import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { ROOT, Terminal } from '@hookwright/local';
import { ROWS } from './catalogue.ts';
import { chooseRows, type FaultsOptions, HELP, readOptions } from './options.ts';
import { describeFindings, type Finding, hasPassed, renderReport, type RowResult, type RunOf } from './report/report.ts';
import type { Row } from './row.ts';
import { runRow } from './run-row.ts';

const REPORT = path.join(ROOT, 'docs/faults.md');
const terminal = new Terminal();

/**
 * Runs the rows that the command line names, one after the other, prints each with what it measured, and writes docs/faults.md after
 * every row, so that a run that is ended keeps what it has. Returns the exit code.
 */
export async function runFaults(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  const rows = chooseRows(ROWS, options.rows);
  if (options.help) {
    terminal.say(HELP);
    return 0;
  }
  const run = runOf();
  const results: RowResult[] = [];
  for (const row of rows) {
    results.push(await runTimes(row, options));
    if (options.size === 'full') writeReport(results, run);
  }
  const failed = results.filter((result) => !hasPassed(result)).map(({ row }) => row.id);
  terminal.say(`\n${results.length - failed.length} passed, ${failed.length} failed${failed.length === 0 ? '' : `: ${failed.join(' ')}`}`);
  return failed.length === 0 ? 0 : 1;
}

async function runTimes(row: Row, { times, size }: FaultsOptions): Promise<RowResult> {
  terminal.say(`\n${row.id}  ${row.fault}\n    passes when: ${row.criterion}`);
  const findings: Finding[] = [];
  for (let time = 1; time <= times; time++) {
    const label = times === 1 ? `    ${row.id}` : `    ${row.id} (${time} of ${times})`;
    const describe = (finding: Finding): string =>
      `${hasPassed({ row, findings: [finding] }) ? 'pass' : 'FAIL'}: ${describeFindings([finding])}`;
    findings.push(await terminal.step(label, (say) => runRow(row, { size, say }), describe));
  }
  return { row, findings };
}

function runOf(): RunOf {
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();
  const changed = git('status', '--porcelain', '--', 'apps', 'libs') === '' ? '' : '+';
  return { date: new Date().toISOString().slice(0, 10), commit: `${git('rev-parse', '--short', 'HEAD')}${changed}` };
}

function writeReport(results: readonly RowResult[], run: RunOf): void {
  const previous = fs.existsSync(REPORT) ? fs.readFileSync(REPORT, 'utf8') : '';
  fs.writeFileSync(REPORT, renderReport({ previous, rows: ROWS, results, run }));
}
