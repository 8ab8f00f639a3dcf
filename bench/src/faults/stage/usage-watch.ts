import { nowMs } from '../../clock.ts';
import { MemoryWatch } from '../../usage/memory-watch.ts';
import { cpuBetween, type CpuSeconds, type Groups, readCpu } from '../../usage/usage.ts';

const MIB = 1_048_576;

export interface Usage {
  /** The most memory at once, in MB (2^20). */
  readonly peakRssMb: number;
  /** CPU time as a share of one core: 1 is a whole one. */
  readonly cores: number;
}

/** What one group of processes uses between now and end(). */
export class UsageWatch {
  readonly #groups: Groups;
  readonly #group: string;
  readonly #memory: MemoryWatch;
  readonly #before: CpuSeconds;
  readonly #startedAtMs = nowMs();

  constructor(groups: Groups, group: string) {
    this.#groups = groups;
    this.#group = group;
    this.#memory = new MemoryWatch(() => groups);
    this.#before = readCpu(groups);
  }

  end(): Usage {
    const seconds = (nowMs() - this.#startedAtMs) / 1000;
    const { groups } = cpuBetween(this.#before, readCpu(this.#groups));
    return {
      peakRssMb: (this.#memory.stop()[this.#group] ?? Number.NaN) / MIB,
      cores: (groups[this.#group] ?? Number.NaN) / seconds,
    };
  }
}
