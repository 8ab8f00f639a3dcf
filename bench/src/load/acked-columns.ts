import type { AckedEvents } from './publisher-api.ts';

export interface AckedEvent {
  readonly id: string;
  readonly merchant: string;
  readonly sentMs: number;
  readonly ackedMs: number;
}

/** What the broker acknowledged, by column. */
export class AckedColumns {
  readonly #ids: string[] = [];
  readonly #merchants: string[] = [];
  readonly #sentMs: number[] = [];
  readonly #ackedMs: number[] = [];

  get size(): number {
    return this.#ids.length;
  }

  add({ id, merchant, sentMs, ackedMs }: AckedEvent): void {
    this.#ids.push(id);
    this.#merchants.push(merchant);
    this.#sentMs.push(sentMs);
    this.#ackedMs.push(ackedMs);
  }

  all(): AckedEvents {
    return { ids: this.#ids, merchants: this.#merchants, sentMs: this.#sentMs, ackedMs: this.#ackedMs };
  }
}
