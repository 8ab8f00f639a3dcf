import { type ChildProcess, fork } from 'node:child_process';
import { NODE } from '@hookwright/local';
import type { Answer, Question } from './messages.ts';

/** What a child offers: methods of one argument. */
export type ChildApi<Api> = { [Method in keyof Api]: (argument: never) => unknown };

// The bench's own sources run as they are, the libraries as they were built.
const FLAGS = ['--disable-warning=ExperimentalWarning', '--disable-warning=TimeoutNegativeWarning'];

/** A process of the bench's own (receiver, publisher, bare loop): its CPU time is its own, and its event loop disturbs nobody. */
export class Child<Api extends ChildApi<Api>> {
  readonly #process: ChildProcess;
  readonly #name: string;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #lastId = 0;

  /** Forks `file` (a module that calls serveParent) with the title hookwright-bench-<name>. It ends when this process does. */
  constructor(name: string, file: string) {
    this.#name = name;
    this.#process = fork(file, [], {
      execPath: NODE,
      execArgv: [`--title=hookwright-bench-${name}`, ...FLAGS],
      // Jest's own flags are not its flags.
      env: { ...process.env, NODE_OPTIONS: '', KAFKAJS_NO_PARTITIONER_WARNING: '1' },
      serialization: 'advanced',
      // A group of its own: Ctrl-C must not end it before its owner has what it wanted.
      detached: true,
    });
    this.#process.on('message', (answer: Answer) => this.#settle(answer));
    this.#process.once('exit', (code, signal) => this.#fail(new Error(`the ${name} ended (${signal ?? String(code)})`)));
  }

  get pid(): number {
    if (this.#process.pid === undefined) throw new Error(`the ${this.#name} could not be started`);
    return this.#process.pid;
  }

  /** Rejects with the child's own error, or when it ends before it answers. */
  call<Method extends keyof Api & string>(method: Method, argument: Parameters<Api[Method]>[0]): Promise<Awaited<ReturnType<Api[Method]>>> {
    const id = ++this.#lastId;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    const question: Question = { id, method, argument };
    this.#process.send(question, (error) => {
      if (error !== null) this.#settle({ id, error: `the ${this.#name} cannot be reached: ${error.message}` });
    });
    return waiting.promise as Promise<Awaited<ReturnType<Api[Method]>>>;
  }

  /** Resolves when it is gone. */
  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const gone = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGKILL');
    await gone;
  }

  #settle(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ('error' in answer) waiting?.reject(new Error(answer.error));
    else waiting?.resolve(answer.value);
  }

  #fail(error: Error): void {
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }
}
