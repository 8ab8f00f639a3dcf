import type { RequestLog } from './receiver-api.ts';

export interface ArrivedRequest {
  readonly path: string;
  readonly appId: string;
  readonly webhookId: string;
  readonly attempt: number;
  readonly atMs: number;
  readonly type?: string | undefined;
  readonly merchant?: string | undefined;
}

interface Waiting {
  readonly pairs: number;
  readonly resolve: () => void;
}

/** The requests that came, by column, and how many different pairs of app and webhook-id they are. */
export class RequestColumns {
  readonly #paths: string[] = [];
  readonly #appIds: string[] = [];
  readonly #webhookIds: string[] = [];
  readonly #atMs: number[] = [];
  readonly #answeredMs: number[] = [];
  readonly #statuses: number[] = [];
  readonly #attempts: number[] = [];
  readonly #types: string[] = [];
  readonly #merchants: string[] = [];
  /** The same few texts again and again: kept once. */
  readonly #texts = new Map<string, string>();
  readonly #pairs = new Map<string, Set<string>>();
  readonly #waiting = new Set<Waiting>();
  #pairCount = 0;

  get size(): number {
    return this.#atMs.length;
  }

  get pairs(): number {
    return this.#pairCount;
  }

  /** 0: none came yet. */
  get lastAtMs(): number {
    return this.#atMs.at(-1) ?? 0;
  }

  /** Returns its index. */
  add({ path, appId, webhookId, attempt, atMs, type = '', merchant = '' }: ArrivedRequest): number {
    const app = this.#once(appId);
    this.#paths.push(this.#once(path));
    this.#appIds.push(app);
    this.#webhookIds.push(webhookId);
    this.#attempts.push(attempt);
    this.#types.push(this.#once(type));
    this.#merchants.push(this.#once(merchant));
    this.#atMs.push(atMs);
    this.#answeredMs.push(Number.NaN);
    this.#count(app, webhookId);
    return this.#statuses.push(0) - 1;
  }

  answered(index: number, status: number, atMs: number): void {
    this.#statuses[index] = status;
    this.#answeredMs[index] = atMs;
  }

  /** Resolves when so many pairs have come, or the time is up. */
  async whenPairs(pairs: number, timeoutMs: number): Promise<void> {
    if (this.#pairCount >= pairs) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(end, timeoutMs);
      const waiting = { pairs, resolve: end };
      this.#waiting.add(waiting);
      const forget = (): boolean => this.#waiting.delete(waiting);
      function end(): void {
        clearTimeout(timer);
        forget();
        resolve();
      }
    });
  }

  slice(from: number, count: number): RequestLog {
    const to = from + count;
    return {
      paths: this.#paths.slice(from, to),
      appIds: this.#appIds.slice(from, to),
      webhookIds: this.#webhookIds.slice(from, to),
      atMs: this.#atMs.slice(from, to),
      answeredMs: this.#answeredMs.slice(from, to),
      statuses: this.#statuses.slice(from, to),
      attempts: this.#attempts.slice(from, to),
      types: this.#types.slice(from, to),
      merchants: this.#merchants.slice(from, to),
    };
  }

  #once(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    this.#texts.set(text, text);
    return text;
  }

  #count(appId: string, webhookId: string): void {
    let ids = this.#pairs.get(webhookId);
    if (ids === undefined) this.#pairs.set(webhookId, (ids = new Set()));
    if (ids.has(appId)) return;
    ids.add(appId);
    this.#pairCount++;
    for (const waiting of this.#waiting) if (this.#pairCount >= waiting.pairs) waiting.resolve();
  }
}
