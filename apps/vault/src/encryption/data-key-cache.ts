import { createHash, createSecretKey, type KeyObject } from 'node:crypto';
import type { KeyProvider, WrappedKey } from './key-provider.ts';

export interface CacheBounds {
  readonly entries: number;
  readonly keptMs: number;
}

interface Kept {
  readonly key: KeyObject;
  readonly untilMs: number;
}

// A worker asks for each app's secrets twice a minute. Without this every question would be a call, slow and paid for, and an outage of the
// key management service one of everything. The price: a key that is disabled there goes on to unwrap here for five minutes. 10,000 entries
// take about 5 MB.
const BOUNDS: CacheBounds = { entries: 10_000, keptMs: 5 * 60 * 1000 };

/** Keeps data keys that a key management service has unwrapped, as KeyObjects: outside of JavaScript's heap, and no log can show them. */
export class DataKeyCache implements KeyProvider {
  /** In the order in which they run out. */
  private readonly kept = new Map<string, Kept>();

  constructor(
    private readonly keys: KeyProvider,
    private readonly bounds = BOUNDS,
    private readonly steadyMs: () => number = () => performance.now(),
  ) {}

  currentKeyId(): Promise<string> {
    return this.keys.currentKeyId();
  }

  owns(keyId: string): boolean {
    return this.keys.owns(keyId);
  }

  async wrap(dataKey: Buffer, aad: Buffer): Promise<WrappedKey> {
    const wrapped = await this.keys.wrap(dataKey, aad);
    this.keep(nameOf(wrapped, aad), dataKey);
    return wrapped;
  }

  async unwrap(wrapped: WrappedKey, aad: Buffer): Promise<Buffer> {
    const name = nameOf(wrapped, aad);
    const kept = this.kept.get(name);
    if (kept !== undefined && kept.untilMs > this.steadyMs()) return kept.key.export();
    const dataKey = await this.keys.unwrap(wrapped, aad);
    this.keep(name, dataKey);
    return dataKey;
  }

  close(): void {
    this.kept.clear();
    this.keys.close();
  }

  private keep(name: string, dataKey: Buffer): void {
    const nowMs = this.steadyMs();
    this.kept.delete(name);
    this.kept.set(name, { key: createSecretKey(dataKey), untilMs: nowMs + this.bounds.keptMs });
    for (const [oldest, { untilMs }] of this.kept) {
      if (untilMs > nowMs && this.kept.size <= this.bounds.entries) return;
      this.kept.delete(oldest);
    }
  }
}

/** All of what the answer depends on, so that nothing but the same question finds it. */
function nameOf({ keyId, bytes }: WrappedKey, aad: Buffer): string {
  const hash = createHash('sha256');
  for (const part of [Buffer.from(keyId), aad, bytes]) hash.update(`${part.length}:`).update(part);
  return hash.digest('base64');
}
