import { type Groups, readMemory } from './usage.ts';

// A reading takes some 3 ms: 1 % of a core, and a peak that lasts a garbage collection's time is seen.
const EVERY_MS = 250;

/** Looks at the memory of groups again and again, and keeps each one's peak. */
export class MemoryWatch {
  readonly #groups: () => Groups;
  readonly #timer: NodeJS.Timeout;
  readonly #peaks = new Map<string, number>();

  constructor(groups: () => Groups) {
    this.#groups = groups;
    this.#look();
    this.#timer = setInterval(() => this.#look(), EVERY_MS);
  }

  /** Ends watching. Returns bytes by group. */
  stop(): Readonly<Record<string, number>> {
    clearInterval(this.#timer);
    this.#look();
    return Object.fromEntries(this.#peaks);
  }

  #look(): void {
    for (const [group, bytes] of Object.entries(readMemory(this.#groups()))) {
      this.#peaks.set(group, Math.max(bytes, this.#peaks.get(group) ?? 0));
    }
  }
}
