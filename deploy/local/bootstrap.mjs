/**
 * The first thing `npm start`, `npm test`, `npm run bench` and `npm run faults` run, on whatever Node (>= 20) the machine has and before
 * anything is installed: built-in modules only. It installs what package-lock.json says, which brings the pinned Node, and hands over to
 * that one.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const MIN_NODE = 20;
const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const NODE = path.join(ROOT, 'node_modules/.bin/node');
const MARKER = path.join(ROOT, 'node_modules/.hookwright-installed');
const PARENT_CHECK_MS = 500;
const NO_WARNINGS = ['--disable-warning=ExperimentalWarning', '--disable-warning=TimeoutNegativeWarning'];
const MODES = {
  start: ['--title=hookwright-start', ...NO_WARNINGS, 'deploy/local/src/start.ts'],
  test: ['--title=hookwright-test', ...NO_WARNINGS, '--conditions=@hookwright/source', 'tools/test.ts'],
  bench: ['--title=hookwright-bench', ...NO_WARNINGS, 'bench/src/bench.ts'],
  faults: ['--title=hookwright-faults', ...NO_WARNINGS, 'bench/src/faults/faults.ts'],
};

const [mode = '', ...args] = process.argv.slice(2);
let child;
let ended;

if (!(mode in MODES)) fail(`unknown mode "${mode}"`, 'Type `npm start` or `npm test`.');
if (Number(process.versions.node.split('.')[0]) < MIN_NODE) {
  fail(`Node ${process.versions.node} is too old`, `Install Node ${MIN_NODE} or newer; everything else is brought by the project itself.`);
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => endOn(signal));
watchParents();
await ensureLibatomic();
await install();
requireWorkingNode();
process.exitCode = await handOver();
process.exit();

/**
 * The pinned Node is linked against libatomic, which a bare Debian or Ubuntu (a container) does not have. `npm ci` needs it already: the
 * install scripts of packages run on that Node.
 */
async function ensureLibatomic() {
  if (process.platform !== 'linux' || !fs.existsSync('/usr/bin/apt-get') || hasLibatomic()) return;
  const sudo = process.getuid() === 0 ? [] : ['sudo', '-n'];
  const command = 'apt-get update && apt-get install -y --no-install-recommends libatomic1';
  if (sudo.length > 0 && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status !== 0) {
    fail('the pinned Node needs the system library libatomic', `Type: sudo sh -c '${command}'`);
  }
  await step('system package libatomic1, which Node needs (apt-get)', [...sudo, 'sh', '-c', command], `Type: ${command}`);
}

function hasLibatomic() {
  const folders = ['/lib', '/usr/lib', '/lib64', '/usr/lib64'].filter((folder) => fs.existsSync(folder));
  const nested = folders.flatMap((folder) =>
    fs
      .readdirSync(folder)
      .filter((name) => name.endsWith('-linux-gnu'))
      .map((name) => path.join(folder, name)),
  );
  return [...folders, ...nested].some((folder) => fs.existsSync(path.join(folder, 'libatomic.so.1')));
}

/** `npm ci` when node_modules is missing or of another lockfile, or was left half done. */
async function install() {
  const wanted = lockfileHash();
  if (fs.existsSync(NODE) && readIfThere(MARKER) === wanted) return;
  const npm = process.env.npm_execpath;
  const command = [...(npm === undefined ? ['npm'] : [process.execPath, npm]), 'ci', '--include=dev', '--no-audit', '--no-fund'];
  await step(
    'install (npm ci)',
    command,
    'Check that the npm registry can be reached (npm config get registry), then type the command again.',
  );
  fs.writeFileSync(MARKER, wanted);
}

/** One line with progress and time; ends this process when the command fails. */
async function step(label, command, advice) {
  const started = Date.now();
  process.stdout.write(`${label} … `);
  const dots = setInterval(() => process.stdout.write('. '), 5000);
  const { code, output } = await run(command);
  clearInterval(dots);
  const time = `${((Date.now() - started) / 1000).toFixed(1)} s`;
  if (ended !== undefined) process.exit(exitCodeOf(ended));
  process.stdout.write(code === 0 ? `done (${time})\n` : `failed (${time})\n`);
  if (code !== 0) fail(output, advice);
}

/** Runs in a process group of its own, so that it can be ended with everything it started. */
function run([file, ...args]) {
  // Prisma 7 needs no engine, but its install script looks for one: any file will do.
  const env = { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, NODE_ENV: 'development', DEBIAN_FRONTEND: 'noninteractive' };
  child = spawn(file, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output = (output + data).slice(-8000)));
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: 1, output: error.message }));
    child.once('close', (code) => resolve({ code, output }));
  });
}

function requireWorkingNode() {
  const { status, stderr, error } = spawnSync(NODE, ['--version'], { encoding: 'utf8' });
  if (status !== 0)
    fail(`the pinned Node does not run here: ${error?.message ?? stderr}`, 'Remove node_modules and type the command again.');
}

/**
 * Runs the mode's script on the pinned Node to its end. The IPC channel tells it when this process is gone. The extra pipe is held
 * by its guard too (src/process/guard.ts): 'close' comes when the last process is gone, however the script ended.
 */
function handOver() {
  if (ended !== undefined) return exitCodeOf(ended);
  const script = [...MODES[mode], ...args];
  child = spawn(NODE, script, { cwd: ROOT, stdio: ['inherit', 'inherit', 'inherit', 'ipc', 'pipe'] });
  child.stdio[4].resume();
  return new Promise((resolve) => {
    child.once('error', (error) =>
      fail(`the pinned Node could not be started: ${error.message}`, 'Remove node_modules and type the command again.'),
    );
    child.once('close', (code, signal) => {
      if (signal !== null) console.error(`npm ${mode} was ended by ${signal}`);
      resolve(code ?? exitCodeOf(signal));
    });
  });
}

/** Passes on what is asked: Ctrl-C reaches the whole group anyway, SIGTERM reaches `npm start` alone, and npm passes it on. */
function endOn(signal) {
  ended ??= signal;
  if (child?.pid === undefined || child.exitCode !== null) return;
  try {
    if (child.connected) child.kill(signal);
    else process.kill(-child.pid, 'SIGTERM');
  } catch {
    // It was quicker.
  }
}

/** npm and its shell may be killed without a word: then the parent, or the parent's parent, becomes another one. */
function watchParents() {
  const before = parents();
  setInterval(() => {
    if (ended === undefined && parents() !== before) endOn('SIGTERM');
  }, PARENT_CHECK_MS).unref();
}

function parents() {
  if (process.env.npm_lifecycle_event === undefined) return String(process.ppid);
  const stat = readIfThere(`/proc/${process.ppid}/stat`);
  // pid (name) state ppid …, and a name may contain anything.
  return `${process.ppid} ${stat?.slice(stat.lastIndexOf(')')).split(' ')[2]}`;
}

function lockfileHash() {
  const hash = createHash('sha256').update(fs.readFileSync(path.join(ROOT, 'package-lock.json')));
  return hash.update(`${process.platform} ${process.arch}`).digest('hex');
}

function readIfThere(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function exitCodeOf(signal) {
  return { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }[signal] ?? 1;
}

function fail(reason, advice) {
  console.error(`\n${reason}\n${advice}`);
  process.exit(1);
}
