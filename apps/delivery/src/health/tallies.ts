/** What became of one attempt. */
export interface Noted {
  readonly appId: string;
  /** Of the endpoint, now. */
  readonly revision: bigint;
  readonly deliveryId: string;
  /** `ignored`: a failure that does not count toward disabling. */
  readonly result: 'succeeded' | 'failed' | 'ignored';
}

/** What became of an app's attempts since they were last written down. Times in ms of this process's monotonic clock. */
export interface Tally {
  readonly appId: string;
  revision: bigint;
  /** Nothing that was learnt before counts. */
  isRestart: boolean;
  succeeded: number;
  failed: number;
  lastSuccessMs: number | undefined;
  lastFailureMs: number | undefined;
  /** First failure since the last success of this tally. */
  failingSinceMs: number | undefined;
  /** The first deliveries that were tried since, DELIVERIES_TRIED at most. */
  tried: string[];
}

/** So many deliveries must have been tried before an endpoint is disabled (design.md, "Delivery"). */
export const DELIVERIES_TRIED = 3;
const WRITTEN_EVERY_MS = 60_000;

interface Written {
  readonly atMs: number;
  readonly wasFailing: boolean;
}

/**
 * Counts attempts by app in memory, so that a delivery costs no write of its own. An app's tally is due once a minute, and at once when it
 * begins or ceases to fail.
 */
export class Tallies {
  private tallies = new Map<string, Tally>();
  private readonly written = new Map<string, Written>();

  constructor(private readonly clock: () => number = () => performance.now()) {}

  note({ appId, revision, deliveryId, result }: Noted): void {
    const tally = this.of(appId, revision);
    const nowMs = this.clock();
    if (result === 'succeeded') {
      tally.succeeded++;
      tally.lastSuccessMs = nowMs;
      tally.failingSinceMs = undefined;
      tally.tried = [];
      return;
    }
    tally.failed++;
    if (result === 'ignored') return;
    tally.lastFailureMs = nowMs;
    tally.failingSinceMs ??= nowMs;
    if (tally.tried.length < DELIVERIES_TRIED && !tally.tried.includes(deliveryId)) tally.tried.push(deliveryId);
  }

  /** The endpoint was enabled, or got another URL, with this revision. */
  restart(appId: string, revision: bigint): void {
    const tally = this.of(appId, revision);
    Object.assign(tally, { isRestart: true, failingSinceMs: undefined, lastFailureMs: undefined, lastSuccessMs: undefined, tried: [] });
  }

  /** Takes what is due to be written, in the order of app ids; all of it when `all`. */
  take(which: 'due' | 'all' = 'due'): Tally[] {
    const nowMs = this.clock();
    const due = [...this.tallies.values()].filter((tally) => which === 'all' || this.isDue(tally, nowMs));
    for (const tally of due) {
      this.tallies.delete(tally.appId);
      this.written.set(tally.appId, { atMs: nowMs, wasFailing: tally.failingSinceMs !== undefined });
    }
    // Who is not written down for a while is due at once when there is something again.
    for (const [appId, { atMs }] of this.written)
      if (nowMs - atMs >= WRITTEN_EVERY_MS && !this.tallies.has(appId)) this.written.delete(appId);
    return due.sort((one, other) => (one.appId < other.appId ? -1 : 1));
  }

  /** They could not be written: they count with what came meanwhile. */
  giveBack(tallies: readonly Tally[]): void {
    for (const earlier of tallies) {
      const later = this.tallies.get(earlier.appId);
      this.tallies.set(earlier.appId, later === undefined ? earlier : merged(earlier, later));
    }
  }

  private of(appId: string, revision: bigint): Tally {
    const known = this.tallies.get(appId);
    if (known !== undefined) {
      if (revision > known.revision) known.revision = revision;
      return known;
    }
    const tally: Tally = {
      appId,
      revision,
      isRestart: false,
      succeeded: 0,
      failed: 0,
      lastSuccessMs: undefined,
      lastFailureMs: undefined,
      failingSinceMs: undefined,
      tried: [],
    };
    this.tallies.set(appId, tally);
    return tally;
  }

  private isDue({ appId, isRestart, failingSinceMs, lastSuccessMs }: Tally, nowMs: number): boolean {
    const written = this.written.get(appId);
    if (written === undefined || isRestart || nowMs - written.atMs >= WRITTEN_EVERY_MS) return true;
    return written.wasFailing ? lastSuccessMs !== undefined : failingSinceMs !== undefined;
  }
}

function merged(earlier: Tally, later: Tally): Tally {
  const isCutOff = later.isRestart || later.lastSuccessMs !== undefined;
  return {
    ...later,
    isRestart: earlier.isRestart || later.isRestart,
    succeeded: earlier.succeeded + later.succeeded,
    failed: earlier.failed + later.failed,
    lastSuccessMs: later.isRestart ? later.lastSuccessMs : (later.lastSuccessMs ?? earlier.lastSuccessMs),
    lastFailureMs: later.isRestart ? later.lastFailureMs : (later.lastFailureMs ?? earlier.lastFailureMs),
    failingSinceMs: isCutOff ? later.failingSinceMs : (earlier.failingSinceMs ?? later.failingSinceMs),
    tried: isCutOff ? later.tried : [...new Set([...earlier.tried, ...later.tried])].slice(0, DELIVERIES_TRIED),
  };
}
