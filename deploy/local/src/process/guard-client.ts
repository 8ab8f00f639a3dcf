import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import os from 'node:os';
import path from 'node:path';
import { ROOT, StartError } from '../root.ts';
import type { FromGuard, ToGuard, WatchedProcess } from './guard-messages.ts';
import type { ManagedProcess } from './managed-process.ts';

const GUARD = path.join(import.meta.dirname, 'guard.ts');
/** bootstrap.mjs waits for the end of this pipe: with the guard holding it too, it waits for the guard (bootstrap.mjs, handOver). */
const BOOTSTRAP_PIPE = 4;
/** Whoever killed npm start does not wait for long. */
const MAX_GRACE_MS = 5000;

/** The side of `npm start` of the guard (guard.ts): started again if it dies, and told everything anew. */
export class Guard {
  readonly #socket: string;
  readonly #hasPipe: boolean;
  readonly #watched = new Map<number, WatchedProcess>();
  #child: ChildProcess;
  #closed = false;

  constructor(socket = socketOf(ROOT), { bootstrapPipe = false } = {}) {
    this.#socket = socket;
    this.#hasPipe = bootstrapPipe;
    this.#child = this.#start();
  }

  /** Claims the clone for this `npm start`. Rejects with a StartError when another one runs in it. */
  async hold(): Promise<void> {
    // Waiting for an answer is a reason to stay alive; having a guard is none.
    this.#child.channel?.ref();
    const answer = await new Promise<FromGuard>((resolve, reject) => {
      this.#child.once('message', (message) => resolve(message as FromGuard));
      this.#child.once('error', reject);
      this.#send({ kind: 'hold', socket: this.#socket });
    });
    this.#child.channel?.unref();
    if (answer.kind === 'held') return;
    throw new StartError(
      `npm start already runs in this clone (process ${answer.pid})`,
      `Use that one, or stop it first: Ctrl-C in its terminal, or kill ${answer.pid}. A second system needs a clone and ports of its own.`,
    );
  }

  watch(running: ManagedProcess, order: number): void {
    if (running.pid === undefined) return;
    const { stopSignal, stopTimeoutMs } = running.spec;
    const watched = { pid: running.pid, stopSignal, graceMs: Math.min(stopTimeoutMs, MAX_GRACE_MS), order };
    this.#watched.set(running.pid, watched);
    this.#send({ kind: 'watch', process: watched });
  }

  forget(running: ManagedProcess): void {
    if (running.pid === undefined || !this.#watched.delete(running.pid)) return;
    this.#send({ kind: 'forget', pid: running.pid });
  }

  /** Lets the guard go, which ends whatever is still watched. Resolves when it is gone. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    if (this.#child.connected) this.#child.disconnect();
    await gone;
  }

  #start(): ChildProcess {
    const flags = ['--title=hookwright-guard', '--disable-warning=ExperimentalWarning', GUARD];
    const pipe = this.#hasPipe ? [BOOTSTRAP_PIPE] : [];
    const child = spawn(process.execPath, flags, { stdio: ['ignore', 'ignore', 'inherit', 'ipc', ...pipe], detached: true });
    child.once('exit', () => {
      if (this.#closed) return;
      this.#child = this.#start();
      this.#send({ kind: 'hold', socket: this.#socket });
      for (const process of this.#watched.values()) this.#send({ kind: 'watch', process });
    });
    // The guard must not keep npm start from ending.
    child.unref();
    child.channel?.unref();
    return child;
  }

  #send(message: ToGuard): void {
    // A guard that dies right now is replaced, and then told everything.
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }
}

/** Sockets have short paths only (107 bytes), clones may lie deep: a name made of the clone's path, in the temporary folder. */
function socketOf(clone: string): string {
  return path.join(os.tmpdir(), `hookwright-${createHash('sha256').update(clone).digest('hex').slice(0, 16)}.sock`);
}
