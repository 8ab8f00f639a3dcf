import { Scheme, type SigningSecret } from '@hookwright/contracts';
import { privateKeyOf, type Signer } from '@hookwright/signing';

/** A secret that may sign now. */
export type SigningKey = Signer & {
  readonly id: string;
  /** Signs nothing from this moment on. */
  readonly expiresAtMs: number | undefined;
};

/** One app's live secrets. Rejects when they cannot be had. */
export type FetchSecrets = (appId: string) => Promise<readonly SigningSecret[]>;

interface Cached {
  readonly keys: readonly SigningKey[];
  readonly fetchedAtMs: number;
}

interface Fetch {
  readonly promise: Promise<void>;
  /** The app's secrets changed meanwhile: the answer may be an old one. */
  outdated: boolean;
}

// A secret that was revoked signs for a minute at most should its announcement be lost (faults.md, V1).
const KEPT_MS = 60_000;
// Asked again in the background before it runs out, so that a slow vault slows nothing down (V2).
const REFRESH_AFTER_MS = 30_000;
// One question an app in this time while the vault is away.
const FAILED_FOR_MS = 2000;
// By a timer, not by the next question: a worker that has nothing to send would keep its keys for as long as it runs.
const FORGET_EVERY_MS = 10_000;

export interface SecretClocks {
  /** By which secrets expire; ms since the epoch. */
  readonly wallMs: () => number;
  /** Goes only forward, whatever is done to the wall clock. */
  readonly steadyMs: () => number;
}

const CLOCKS: SecretClocks = { wallMs: Date.now, steadyMs: () => performance.now() };

/**
 * Apps' signing secrets in memory: used for a minute at most, and gone ten seconds later. An announcement on vault.secrets drops an app's at
 * once.
 */
export class SecretCache {
  private readonly cached = new Map<string, Cached>();
  private readonly fetches = new Map<string, Fetch>();
  /** App → when it may be asked for again. */
  private readonly failed = new Map<string, number>();

  constructor(
    private readonly fetchSecrets: FetchSecrets,
    private readonly onFailure: (appId: string, error: unknown) => void,
    private readonly clocks: SecretClocks = CLOCKS,
  ) {
    setInterval(() => this.forgetOld(), FORGET_EVERY_MS).unref();
  }

  /** Apps whose secrets are in memory. */
  get size(): number {
    return this.cached.size;
  }

  /** The app's live secrets when they are at hand; undefined: `load` them. */
  at(appId: string): readonly SigningKey[] | undefined {
    const nowMs = this.clocks.steadyMs();
    const cached = this.cached.get(appId);
    if (cached === undefined || cached.fetchedAtMs <= nowMs - KEPT_MS) return undefined;
    if (cached.fetchedAtMs <= nowMs - REFRESH_AFTER_MS) void this.load(appId);
    const wallMs = this.clocks.wallMs();
    const keys = cached.keys.every((key) => isLive(key, wallMs)) ? cached.keys : cached.keys.filter((key) => isLive(key, wallMs));
    return keys.length === 0 ? undefined : keys;
  }

  /** Asks the vault, once for all who wait. Never rejects: afterwards `at` has them or has not. */
  async load(appId: string): Promise<void> {
    if (this.isBlocked(appId)) return;
    const running = this.fetches.get(appId);
    const fetch: Fetch = running ?? { promise: this.fetch(appId), outdated: false };
    this.fetches.set(appId, fetch);
    await fetch.promise;
  }

  /** Nothing is at hand, and the vault could not tell just now: what needs the app's secrets has to wait. */
  isAway(appId: string): boolean {
    return this.isBlocked(appId) && this.at(appId) === undefined;
  }

  /** The app's secrets changed: nothing of what is in memory is used any more. */
  drop(appId: string): void {
    this.cached.delete(appId);
    this.failed.delete(appId);
    const fetch = this.fetches.get(appId);
    if (fetch !== undefined) fetch.outdated = true;
  }

  private isBlocked(appId: string): boolean {
    const until = this.failed.get(appId);
    return until !== undefined && until > this.clocks.steadyMs();
  }

  private async fetch(appId: string): Promise<void> {
    // The map has the entry only after the first pause.
    await Promise.resolve();
    try {
      const answer = await this.fetchCurrent(appId);
      if (answer.keys.length === 0) throw new Error('the app has no live signing secret');
      this.cached.set(appId, answer);
      this.failed.delete(appId);
    } catch (error) {
      this.failed.set(appId, this.clocks.steadyMs() + FAILED_FOR_MS);
      this.onFailure(appId, error);
    } finally {
      this.fetches.delete(appId);
    }
  }

  private async fetchCurrent(appId: string): Promise<Cached> {
    for (;;) {
      const fetch = this.fetches.get(appId);
      if (fetch !== undefined) fetch.outdated = false;
      const fetchedAtMs = this.clocks.steadyMs();
      const secrets = await this.fetchSecrets(appId);
      if (fetch?.outdated !== true) return { fetchedAtMs, keys: secrets.map(toKey) };
    }
  }

  private forgetOld(): void {
    const nowMs = this.clocks.steadyMs();
    for (const [appId, { fetchedAtMs }] of this.cached) if (fetchedAtMs <= nowMs - KEPT_MS) this.cached.delete(appId);
    for (const [appId, until] of this.failed) if (until <= nowMs) this.failed.delete(appId);
  }
}

/** Throws for a scheme of a newer vault: with one signature missing, a receiver that knows only that secret would refuse the request. */
function toKey({ id, scheme, key, expiresAtMs: endMs }: SigningSecret): SigningKey {
  const expiresAtMs = endMs === undefined ? undefined : Number(endMs);
  if (scheme === Scheme.V1) return { id, expiresAtMs, scheme: 'v1', key: Buffer.from(key) };
  if (scheme === Scheme.V1A) return { id, expiresAtMs, scheme: 'v1a', key: privateKeyOf(key) };
  throw new Error(`the worker does not know the scheme ${scheme} of ${id}`);
}

function isLive({ expiresAtMs }: SigningKey, nowMs: number): boolean {
  return expiresAtMs === undefined || expiresAtMs > nowMs;
}
