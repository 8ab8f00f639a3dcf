import { Terminal } from '@hookwright/local';
import { Ending } from './ending.ts';
import { toTable, type ScenarioFigures } from './figures/table.ts';
import { type BenchOptions, readBenchOptions } from './options.ts';
import { writeResults } from './results.ts';
import type { MeasuredFigure, Scenario } from './scenarios/scenario.ts';
import { SCENARIOS } from './scenarios/scenarios.ts';

const HELP = `npm run bench [-- scenario… --runs N --profile --write]

${SCENARIOS.map(({ name, title }) => `  ${name.padEnd(18)}${title}`).join('\n')}

  --runs N           every scenario so many times, each with a new system (default 1); the table shows medians and spreads
  --profile          CPU profiles of delivery and ingest while bursts and streams are measured: slower, but it shows where
  --write            write the figures to bench/RESULTS.md`;

const terminal = new Terminal();
const everything = new Ending();

/** Runs the scenarios the command line names, one after the other, and prints a table and a line of JSON. Returns the exit code. */
export async function runBench(args: readonly string[]): Promise<number> {
  const options = readBenchOptions(
    args,
    SCENARIOS.map(({ name }) => name),
  );
  if (options.help) {
    terminal.say(HELP);
    return 0;
  }
  everything.listen();
  const chosen = SCENARIOS.filter(({ name }) => options.scenarios.length === 0 || options.scenarios.includes(name));
  const all: ScenarioFigures[] = [];
  for (const scenario of chosen) all.push(await runScenario(scenario, options));
  terminal.say(`\n${toTable(all)}\n`);
  terminal.say(JSON.stringify(all));
  if (options.write) writeResults(all, `npm run bench -- ${args.join(' ')}`);
  return all.every(({ figures }) => figures.length > 0) ? 0 : 1;
}

/** A run that fails is told and left out; a scenario without any run has no figures. */
async function runScenario(scenario: Scenario, options: BenchOptions): Promise<ScenarioFigures> {
  const runs: (readonly MeasuredFigure[])[] = [];
  for (let run = 1; run <= options.runs; run++) {
    const label = `${scenario.name}: ${scenario.title}, run ${run} of ${options.runs}`;
    try {
      runs.push(await runOnce(scenario, options, label));
    } catch (error) {
      terminal.say(`  ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const [first = []] = runs;
  const figures = first.map(({ value: _, ...kind }, index) => ({ ...kind, values: runs.map((run) => run[index]?.value ?? Number.NaN) }));
  return { name: scenario.name, title: scenario.title, figures };
}

async function runOnce(scenario: Scenario, { profiled }: BenchOptions, label: string): Promise<readonly MeasuredFigure[]> {
  const ending = everything.with(new Ending());
  const lines: string[] = [];
  try {
    const figures = await terminal.step(label, (note) => scenario.run({ ending, note, say: (line) => lines.push(line), profiled }));
    for (const line of lines) terminal.say(`  ${line}`);
    return figures;
  } finally {
    await ending.stop();
  }
}

// Without the build, for those who have just built: node bench/src/run-bench.ts fan-out
if (import.meta.main) process.exit(await runBench(process.argv.slice(2)));
