import { spawn } from 'node:child_process';
import readline from 'node:readline';
import { ROOT } from '../root.ts';
import { type Command, withParentDeathSignal } from './parent-death.ts';

export interface CommandOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Run as this system user; only root may ask for it. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  /** Called with every line of output as it comes. */
  readonly onLine?: (line: string) => void;
}

export interface CommandResult {
  /** null: ended by a signal, or the program could not be started (then `output` says why). */
  readonly code: number | null;
  readonly output: string;
}

const MAX_LINES = 4000;
const GRACE_MS = 5000;
const running = new Map<number, Promise<unknown>>();
let ending = false;

/** Runs a command to its end, by default in the clone's top folder, in a process group of its own. Never rejects. */
export async function runCommand(command: Command, options: CommandOptions = {}): Promise<CommandResult> {
  const { env = process.env, cwd = ROOT, user, onLine } = options;
  if (ending) return { code: null, output: 'everything is being stopped' };
  const [file, ...args] = withParentDeathSignal(command, 'SIGTERM');
  const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true, ...user });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    readline.createInterface({ input: stream }).on('line', (line) => {
      if (lines.push(line) > MAX_LINES) lines.shift();
      onLine?.(line);
    });
  }
  const closed = new Promise<number | null>((resolve) => {
    child.once('error', (error) => {
      lines.push(error.message);
      resolve(null);
    });
    child.once('close', resolve);
  });
  if (child.pid !== undefined) running.set(child.pid, closed);
  const code = await closed;
  if (child.pid !== undefined) running.delete(child.pid);
  return { code, output: lines.join('\n') };
}

/** Ends every command that runs, with the processes it started, and starts none any more. Resolves when they are gone. */
export async function endCommands(): Promise<void> {
  ending = true;
  const groups = [...running];
  signalAll(groups, 'SIGTERM');
  const timer = setTimeout(() => signalAll(groups, 'SIGKILL'), GRACE_MS);
  await Promise.all(groups.map(([, closed]) => closed));
  clearTimeout(timer);
}

function signalAll(groups: readonly (readonly [number, unknown])[], signal: NodeJS.Signals): void {
  for (const [pid] of groups) {
    try {
      process.kill(-pid, signal);
    } catch {
      // It was quicker.
    }
  }
}
