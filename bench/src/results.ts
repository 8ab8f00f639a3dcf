import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ROOT } from '@hookwright/local';
import { toTable, type ScenarioFigures } from './figures/table.ts';

const FILE = path.join(ROOT, 'bench/RESULTS.md');
const BEGIN = '<!-- figures: written by npm run bench -- --write -->';
const END = '<!-- end of figures -->';

/** Replaces the figures in bench/RESULTS.md; what is written around them stays. */
export function writeResults(scenarios: readonly ScenarioFigures[], command: string): void {
  const text = fs.existsSync(FILE) ? fs.readFileSync(FILE, 'utf8') : `# Results\n\n${BEGIN}\n${END}\n`;
  fs.writeFileSync(FILE, replaceFigures(text, describeResults(scenarios, command)));
}

/** The text with what is between the two marks replaced. Throws when they are not there. */
export function replaceFigures(text: string, figures: string): string {
  const from = text.indexOf(BEGIN);
  const to = text.indexOf(END);
  if (from < 0 || to < from) throw new Error(`bench/RESULTS.md has no place for figures: ${BEGIN} … ${END}`);
  return `${text.slice(0, from + BEGIN.length)}\n\n${figures}\n\n${text.slice(to)}`;
}

function describeResults(scenarios: readonly ScenarioFigures[], command: string): string {
  const runs = Math.max(...scenarios.flatMap(({ figures }) => figures.map(({ values }) => values.length)));
  const [cpu] = os.cpus();
  const machine = `${os.cpus().length} × ${cpu?.model ?? 'unknown'}, ${Math.round(os.totalmem() / 2 ** 30)} GiB, ${os.type()} ${os.release()}`;
  return [
    `- Command: \`${command.trim()}\` (${runs} ${runs === 1 ? 'run' : 'runs'} of each scenario, every run with a new system)`,
    `- Commit: ${describeCommit()}, ${new Date().toISOString().slice(0, 10)}`,
    `- Machine: ${machine}, Node ${process.versions.node}`,
    '',
    toTable(scenarios),
  ].join('\n');
}

function describeCommit(): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], { cwd: ROOT, encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}
