import fs from 'node:fs';
import { type Exit, ManagedProcess, type ProcessSpec } from '@hookwright/local';

/**
 * One service or store under test, which is killed and started again as a scenario wants; nobody else starts it again.
 * States: stopped -start-> running -(stop, kill, its own end)-> stopped.
 */
export class ControlledProcess {
  readonly name: string;
  readonly #makeSpec: (env: Environment) => ProcessSpec;
  #running: ManagedProcess | undefined;
  readonly #exits: Exit[] = [];
  #env: Environment;

  /** `makeSpec` describes the process with further environment variables; stores have none. */
  constructor(name: string, makeSpec: (env: Environment) => ProcessSpec, env: Environment = {}) {
    this.name = name;
    this.#makeSpec = makeSpec;
    this.#env = env;
  }

  get pid(): number | undefined {
    return this.isRunning ? this.#running?.pid : undefined;
  }

  get isRunning(): boolean {
    return this.#running !== undefined && this.#running.exit === undefined;
  }

  /** How each earlier run ended, oldest first. */
  get exits(): readonly Exit[] {
    return this.#exits;
  }

  /** Resolves when it is ready; rejects, with the end of its log, when it does not become so. `env` is kept for later starts. */
  async start(env: Environment = {}): Promise<void> {
    this.launch(env);
    try {
      await this.#running?.waitUntilReady();
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : String(error)}\n${this.log().slice(-4000)}`, { cause: error });
    }
  }

  /** Starts it and does not wait: ready() tells when it can be used. */
  launch(env: Environment = {}): void {
    if (this.isRunning) throw new Error(`${this.name} runs already`);
    this.#env = { ...this.#env, ...env };
    const running = new ManagedProcess(this.#makeSpec(this.#env));
    this.#running = running;
    void running.exited.then((exit) => this.#exits.push(exit));
  }

  /** Resolves when it can be used (again); rejects when it ended, or is not ready in its time. */
  async ready(): Promise<void> {
    if (this.#running === undefined) throw new Error(`${this.name} was never started`);
    await this.#running.waitUntilReady();
  }

  /** In good order (SIGTERM, or SIGINT for PostgreSQL), killed when it takes too long. Resolves when it is gone. */
  async stop(): Promise<Exit | undefined> {
    // A stopped process takes a signal only when it goes on.
    this.signal('SIGCONT');
    return await this.#running?.stop();
  }

  /** kill -9, with everything it started: resolves when it is gone. */
  async kill(): Promise<void> {
    this.#signalGroup('SIGKILL');
    await this.#running?.exited;
  }

  /** SIGSTOP and SIGCONT reach everything it started; any other signal reaches the process alone. */
  signal(signal: NodeJS.Signals): void {
    if (signal === 'SIGSTOP' || signal === 'SIGCONT') this.#signalGroup(signal);
    else this.#running?.signal(signal);
  }

  /** Everything it wrote in its present or last run. */
  log(): string {
    const file = this.#running?.spec.logFile;
    return file === undefined || !fs.existsSync(file) ? '' : fs.readFileSync(file, 'utf8');
  }

  #signalGroup(signal: NodeJS.Signals): void {
    const { pid } = this;
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // It was quicker.
    }
  }
}

export type Environment = Readonly<Record<string, string>>;
