import type { System } from '../../system/system.ts';
import { nowMs } from '../../clock.ts';
import { Every } from './every.ts';

const EVERY_MS = 500;
// An orchestrator would not wait longer.
const PATIENCE_MS = 5000;

interface Look {
  readonly atMs: number;
  readonly live: number;
  readonly ready: number;
}

/** Asks every service for /health/live and /health/ready all the time, as an orchestrator does. 0: no answer. */
export class HealthWatch {
  readonly #looks = new Map<string, Look[]>();
  readonly #watching: Every;

  constructor(system: System) {
    const names = system.replicaNames;
    this.#watching = new Every(EVERY_MS, async () => {
      await Promise.all(names.map((name) => this.#look(name, system.httpUrlOf(name))));
    });
  }

  async stop(): Promise<void> {
    await this.#watching.stop();
  }

  /** Services whose /health/live ever failed. */
  get notAlive(): readonly string[] {
    return this.#namesWith(({ live }) => live !== 200);
  }

  /** Services that said at least once that they were not ready. */
  get toldUnready(): readonly string[] {
    return this.#namesWith(({ ready }) => ready === 503);
  }

  #namesWith(test: (look: Look) => boolean): readonly string[] {
    return [...this.#looks].filter(([, looks]) => looks.some(test)).map(([name]) => name);
  }

  async #look(name: string, url: string): Promise<void> {
    const atMs = nowMs();
    const [live, ready] = await Promise.all([statusOf(`${url}/health/live`), statusOf(`${url}/health/ready`)]);
    this.#looks.set(name, [...(this.#looks.get(name) ?? []), { atMs, live, ready }]);
  }
}

async function statusOf(url: string): Promise<number> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return 0;
  }
}
