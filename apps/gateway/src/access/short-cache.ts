// What was ended opens nothing 1 s after the answer that ended it, on every replica of the gateway.
const CACHE_MS = 900;
const CACHE_SIZE = 10_000;

interface Cached<Value> {
  readonly until: number;
  readonly value: Promise<Value | undefined>;
}

/** Look-ups of credentials: those of the same one share one for 0.9 s. */
export class ShortCache<Value> {
  private readonly cached = new Map<string, Cached<Value>>();

  /** `name`: never the credential itself. */
  async find(name: string, lookUp: () => Promise<Value | undefined>): Promise<Value | undefined> {
    const known = this.cached.get(name);
    if (known !== undefined && known.until > performance.now()) return await known.value;
    const value = lookUp();
    this.remember(name, value);
    return await value;
  }

  clear(): void {
    this.cached.clear();
  }

  private remember(name: string, value: Promise<Value | undefined>): void {
    if (this.cached.size >= CACHE_SIZE) this.cached.clear();
    this.cached.set(name, { until: performance.now() + CACHE_MS, value });
    // Neither a failed look-up nor a wrong credential is remembered: wrong ones would push the right ones out.
    const forget = (): boolean => this.cached.delete(name);
    value.then((found) => found ?? forget(), forget);
  }
}
