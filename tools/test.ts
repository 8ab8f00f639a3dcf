/**
 * What `npm test` runs once everything is installed: build, the static checks, every test. A check that fails shows its output and
 * the rest goes on; the last line is the sum, where each check counts as one test. Arguments are patterns of specs: then only
 * the build and those specs run.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  type CommandResult,
  dockerAnswers,
  endCommands,
  ensureBrowser,
  ensureKafkaJars,
  ensurePrograms,
  NODE,
  type Note,
  ROOT,
  runBuild,
  runCommand,
  StartError,
  Terminal,
  TOOL_ENVIRONMENT,
} from '@hookwright/local';

interface Check {
  readonly label: string;
  readonly run: (note: Note) => Promise<CommandResult>;
}

interface Totals {
  readonly passed: number;
  readonly failed: number;
}

const NOTHING: Totals = { passed: 0, failed: 0 };
const terminal = new Terminal();
// Of vm modules, and of kafkajs's timers: nobody here can act on them.
const NO_WARNINGS = '--disable-warning=ExperimentalWarning --disable-warning=TimeoutNegativeWarning';
const patterns = process.argv.slice(2);

const tool = (name: string, ...args: string[]): Check['run'] => {
  return () => runCommand([path.join(ROOT, 'node_modules/.bin', name), ...args], { env: TOOL_ENVIRONMENT });
};
const BUILD: Check = { label: 'build (nx)', run: async (note) => (await runBuild(note)).result };
const STATIC_CHECKS: readonly Check[] = [
  { label: 'lint (eslint)', run: tool('eslint', '.') },
  { label: 'format (prettier)', run: tool('prettier', '--check', '--log-level=warn', '.') },
  { label: 'types (tsc)', run: tool('tsc', '-p', 'tsconfig.json', '--pretty', 'false') },
  { label: 'boundaries (nx graph)', run: () => runCommand([NODE, path.join(ROOT, 'tools/boundaries.ts')], { env: TOOL_ENVIRONMENT }) },
  { label: 'protobuf (buf lint)', run: tool('buf', 'lint', 'proto') },
];

/** What the tests' stores need of this machine, installed where that can be done (npm start does the same). */
async function prepareStores(): Promise<Totals> {
  const wanted = process.env['TESTKIT_STORES'];
  if (wanted === 'docker') return NOTHING;
  try {
    const { maven } = await ensurePrograms(terminal);
    await ensureKafkaJars(maven);
    return NOTHING;
  } catch (error) {
    // Containers will do for nearly all of them.
    if (wanted === undefined && dockerAnswers()) return NOTHING;
    terminal.say(error instanceof StartError ? `${error.message}\n${error.advice}` : String(error));
    return { passed: 0, failed: 1 };
  }
}

/** A browser, when specs that drive one may run: those of pages say so by their name. */
async function prepareBrowser(): Promise<Totals> {
  if (patterns.length > 0 && !patterns.some((pattern) => /browser|e2e/.test(pattern))) return NOTHING;
  try {
    await ensureBrowser(terminal);
    return NOTHING;
  } catch (error) {
    terminal.say(error instanceof StartError ? `${error.message}\n${error.advice}` : String(error));
    return { passed: 0, failed: 1 };
  }
}

async function check({ label, run }: Check): Promise<Totals> {
  const result = await terminal.step(label, run, ({ code }) => (code === 0 ? 'ok' : 'FAILED'));
  if (result.code === 0) return { passed: 1, failed: 0 };
  terminal.say(result.output);
  return { passed: 0, failed: 1 };
}

/** Every spec, Jest's own lines as they come. */
async function runSpecs(): Promise<Totals> {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'hookwright-jest-'));
  // However this process ends.
  process.once('exit', () => fs.rmSync(directory, { recursive: true, force: true }));
  const file = path.join(directory, 'results.json');
  const flags = ['--ci', '--json', `--outputFile=${file}`, ...patterns];
  const started = Date.now();
  terminal.say('tests (jest) …');
  const env = { ...TOOL_ENVIRONMENT, NODE_OPTIONS: `--experimental-vm-modules ${NO_WARNINGS}` };
  const command = [NODE, path.join(ROOT, 'node_modules/jest/bin/jest.js'), ...flags] as const;
  const onLine = (line: string): void => {
    if (!line.startsWith('Test results written to')) terminal.say(line);
  };
  const { code } = await runCommand(command, { env, onLine });
  terminal.say(`tests (jest) … ${code === 0 ? 'ok' : 'FAILED'} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  return readTotals(file, code);
}

function readTotals(file: string, code: number | null): Totals {
  if (!fs.existsSync(file)) return { passed: 0, failed: 1 };
  const results = JSON.parse(fs.readFileSync(file, 'utf8')) as {
    numPassedTests: number;
    numFailedTests: number;
    numRuntimeErrorTestSuites: number;
  };
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
  // Jest can fail as a whole with every test passed, as when nothing matches the patterns.
  return { passed: results.numPassedTests, failed: failed === 0 && code !== 0 ? 1 : failed };
}

function endOn(reason: NodeJS.Signals | 'disconnect', exitCode: number): void {
  process.once(reason, () => {
    void endCommands().then(() => process.exit(exitCode));
  });
}

endOn('SIGINT', 130);
endOn('SIGTERM', 143);
endOn('SIGHUP', 129);
// The channel to bootstrap.mjs closes however that one ended.
endOn('disconnect', 1);

const totals = [await check(BUILD)];
if (patterns.length === 0) for (const item of STATIC_CHECKS) totals.push(await check(item));
totals.push(await prepareStores(), await prepareBrowser(), await runSpecs());
const passed = totals.reduce((sum, each) => sum + each.passed, 0);
const failed = totals.reduce((sum, each) => sum + each.failed, 0);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exit(failed === 0 ? 0 : 1);
