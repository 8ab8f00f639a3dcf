const NOTE_INTERVAL_MS = 5000;

/** What is written to: process.stdout, or a test's own. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

export type Note = (progress: string) => void;

/** The one who writes to the terminal: whole lines, and one line per step that grows while the step runs. */
export class Terminal {
  readonly #output: Output;
  #open: string | undefined;
  #ended = false;

  constructor(output: Output = process.stdout) {
    this.#output = output;
  }

  /** One line of its own; an unfinished step goes on below it. */
  say(line: string): void {
    const open = this.#open;
    this.#close();
    this.#output.write(`${line}\n`);
    if (open !== undefined) this.#begin(open);
  }

  /**
   * Runs a step: one line with its label, its progress, its result and its time. The result is what `describe` makes of the value.
   * A step that throws ends its line with "failed"; the error goes on to the caller.
   */
  async step<T>(label: string, act: (note: Note) => Promise<T>, describe: (value: T) => string = () => 'done'): Promise<T> {
    if (this.#ended) throw new Error('everything is being stopped');
    const started = Date.now();
    this.#begin(label);
    const note = this.#notes(label, started);
    try {
      const value = await act(note);
      this.#finish(label, describe(value), started);
      return value;
    } catch (error) {
      this.#finish(label, 'failed', started);
      throw error;
    }
  }

  /** From now on there are no steps: what still runs ends in silence, what would begin is refused. */
  endSteps(): void {
    this.#ended = true;
    this.#close();
  }

  /** On a terminal the line is rewritten; in a file or pipe it grows, slowly. */
  #notes(label: string, started: number): Note {
    let last = '';
    let lastAt = started;
    return (progress) => {
      if (progress === last || this.#open !== label || this.#ended) return;
      if (this.#output.isTTY === true) {
        this.#output.write(`\r\u001b[K${label} … ${progress} (${seconds(started)})`);
      } else if (Date.now() - lastAt >= NOTE_INTERVAL_MS) {
        this.#output.write(`${progress} … `);
        lastAt = Date.now();
      }
      last = progress;
    };
  }

  #begin(label: string): void {
    this.#open = label;
    this.#output.write(`${label} … `);
  }

  #finish(label: string, result: string, started: number): void {
    if (this.#ended) return;
    if (this.#open !== label) this.#begin(label);
    if (this.#output.isTTY === true) this.#output.write(`\r\u001b[K${label} … `);
    this.#open = undefined;
    this.#output.write(`${result} (${seconds(started)})\n`);
  }

  #close(): void {
    if (this.#open !== undefined) this.#output.write('\n');
    this.#open = undefined;
  }
}

function seconds(since: number): string {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}
