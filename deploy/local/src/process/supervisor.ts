import { setTimeout as delay } from 'node:timers/promises';
import { describeExit, ManagedProcess, type Exit, type ProcessSpec } from './managed-process.ts';
import { boundLog, lastLines } from './process-log.ts';

export interface SupervisorOptions {
  /** A line for whoever watches: a death, a restart. */
  readonly report: (line: string) => void;
  readonly onStarted?: (running: ManagedProcess) => void;
  readonly onEnded?: (running: ManagedProcess) => void;
}

/** What is supervised: the run that is on now, replaced by a new one after every death. */
interface Entry {
  readonly spec: ProcessSpec;
  running: ManagedProcess;
  /** Deaths in a row, without a steady run in between. */
  deaths: number;
  startedAt: number;
}

// A dead process is to be back within 5 s (api.md), so that no pause may be longer than this.
const MAX_PAUSE_MS = 3000;
const FIRST_PAUSE_MS = 200;
const STEADY_MS = 30_000;
const LOG_CHECK_MS = 30_000;

/** Pause before the next start, after so many deaths in a row: 0.2, 0.4, 0.8 … 3 s. A process that keeps dying is never given up. */
export function pauseBeforeRestart(deaths: number): number {
  return Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (deaths - 1));
}

/** Keeps processes running: starting → ready → (died → pause → starting)* → stopped. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #entries: Entry[] = [];
  readonly #stopping = new AbortController();
  readonly #logTimer: NodeJS.Timeout;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#logTimer = setInterval(() => {
      for (const { spec } of this.#entries) boundLog(spec.logFile);
    }, LOG_CHECK_MS);
    this.#logTimer.unref();
  }

  /**
   * Starts a process and resolves when it is ready; from then on it is started again whenever it dies. Rejects when it ends before
   * it was ready once, or is not ready in time: a start that cannot work shall not be repeated.
   */
  async start(spec: ProcessSpec): Promise<void> {
    const entry: Entry = { spec, running: this.#launch(spec), deaths: 0, startedAt: Date.now() };
    this.#entries.push(entry);
    try {
      await entry.running.waitUntilReady();
    } catch (error) {
      await entry.running.stop();
      const log = lastLines(spec.logFile, 5).join('\n');
      throw new Error(`${error instanceof Error ? error.message : String(error)}\n${log}`.trim(), { cause: error });
    }
    void this.#keepAlive(entry);
  }

  /** Ends every process, all at once, and starts none again. Resolves when they are gone. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    clearInterval(this.#logTimer);
    await Promise.all(this.#entries.map(({ running }) => running.stop()));
  }

  /** How many processes are supervised. */
  get size(): number {
    return this.#entries.length;
  }

  /** The present run of a process, or undefined. */
  running(name: string): ManagedProcess | undefined {
    return this.#entries.find(({ spec }) => spec.name === name)?.running;
  }

  #launch(spec: ProcessSpec): ManagedProcess {
    if (this.#stopping.signal.aborted) throw new Error('everything is being stopped');
    const running = new ManagedProcess(spec);
    this.#options.onStarted?.(running);
    void running.exited.then(() => this.#options.onEnded?.(running));
    return running;
  }

  async #keepAlive(entry: Entry): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const exit = await entry.running.exited;
      const restarted = await this.#restart(entry, exit);
      if (restarted) void this.#reportReady(entry.spec, entry.running, Date.now());
    }
  }

  /** False: everything is being stopped. */
  async #restart(entry: Entry, exit: Exit): Promise<boolean> {
    const { signal } = this.#stopping;
    if (signal.aborted) return false;
    entry.deaths = Date.now() - entry.startedAt > STEADY_MS ? 1 : entry.deaths + 1;
    const pauseMs = pauseBeforeRestart(entry.deaths);
    const times = entry.deaths === 1 ? '' : ` (${entry.deaths} times in a row)`;
    this.#options.report(`${entry.spec.name} ${describeExit(exit)}${times}; starting it again in ${pauseMs / 1000} s`);
    if (exit.signal === null) for (const line of lastLines(entry.spec.logFile, 2)) this.#options.report(`  ${line.slice(0, 300)}`);
    const slept = await delay(pauseMs, true, { signal }).catch(() => false);
    if (!slept) return false;
    entry.startedAt = Date.now();
    entry.running = this.#launch(entry.spec);
    return true;
  }

  /** Says when a restarted process is ready, or why it is not; its death is #keepAlive's matter. */
  async #reportReady(spec: ProcessSpec, running: ManagedProcess, since: number): Promise<void> {
    try {
      await running.waitUntilReady();
      this.#options.report(`${spec.name} is ready again after ${((Date.now() - since) / 1000).toFixed(1)} s`);
    } catch (error) {
      if (running.exit === undefined) this.#options.report(error instanceof Error ? error.message : String(error));
    }
  }
}
