import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process';
import fs from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type Command, withParentDeathSignal } from './parent-death.ts';
import { openLog } from './process-log.ts';

export interface ProcessSpec {
  readonly name: string;
  readonly command: Command;
  readonly logFile: string;
  /** What asks it to end in good order. */
  readonly stopSignal: NodeJS.Signals;
  /** After this many ms of asking it is killed. */
  readonly stopTimeoutMs: number;
  /** Rejects with the reason while the process cannot be used yet. */
  readonly ready: () => Promise<void>;
  readonly readyTimeoutMs: number;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Run as this system user; only root may ask for it. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** With an IPC channel: the process is Node and ends by itself when the channel closes. */
  readonly ipc?: boolean;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Set when the program could not be started at all. */
  readonly error?: Error;
}

/** One run of one program, writing to its log file, in a session of its own so that Ctrl-C reaches it through its owner only. */
export class ManagedProcess {
  readonly spec: ProcessSpec;
  readonly exited: Promise<Exit>;
  readonly child: ChildProcess;
  #exit: Exit | undefined;

  constructor(spec: ProcessSpec) {
    this.spec = spec;
    const log = openLog(spec.logFile);
    const [file, ...args] = withParentDeathSignal(spec.command, spec.stopSignal);
    const stdio: StdioOptions = spec.ipc === true ? ['ignore', log, log, 'ipc'] : ['ignore', log, log];
    this.child = spawn(file, args, {
      stdio,
      detached: true,
      env: spec.env ?? process.env,
      ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
      ...spec.user,
    });
    fs.closeSync(log);
    this.exited = new Promise((resolve) => {
      const settle = (exit: Exit): void => {
        this.#exit ??= exit;
        resolve(this.#exit);
      };
      this.child.once('exit', (code, signal) => settle({ code, signal }));
      this.child.once('error', (error) => settle({ code: null, signal: null, error }));
    });
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  get exit(): Exit | undefined {
    return this.#exit;
  }

  /** Resolves when the process can be used; rejects when it ends first or the time is up, with the last reason. */
  async waitUntilReady(): Promise<void> {
    const deadline = Date.now() + this.spec.readyTimeoutMs;
    for (;;) {
      if (this.#exit !== undefined) throw new Error(`${this.spec.name} ${describeExit(this.#exit)}`);
      const reason = await reasonOf(this.spec.ready);
      if (reason === undefined) return;
      if (Date.now() > deadline) {
        throw new Error(`${this.spec.name} was not ready after ${this.spec.readyTimeoutMs / 1000} s: ${reason}`);
      }
      await Promise.race([delay(100), this.exited]);
    }
  }

  /** Asks the process to end, kills it when it does not, resolves when it is gone. */
  async stop(): Promise<Exit> {
    this.signal(this.spec.stopSignal);
    const timer = setTimeout(() => this.signal('SIGKILL'), this.spec.stopTimeoutMs);
    const exit = await this.exited;
    clearTimeout(timer);
    return exit;
  }

  signal(signal: NodeJS.Signals): void {
    if (this.#exit === undefined) this.child.kill(signal);
  }
}

/** One sentence without a subject: "ended with exit code 1". */
export function describeExit(exit: Exit): string {
  if (exit.error !== undefined) return `could not be started: ${exit.error.message}`;
  return exit.signal === null ? `ended with exit code ${String(exit.code)}` : `was ended by ${exit.signal}`;
}

async function reasonOf(check: () => Promise<void>): Promise<string | undefined> {
  try {
    await check();
    return undefined;
  } catch (error) {
    return error instanceof Error && error.message !== '' ? error.message : String(error);
  }
}
