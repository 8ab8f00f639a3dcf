import type { BreakerState, OpenBreaker } from './breaker-state.ts';

/** Whether a worker may probe an endpoint now; if not, when to ask again. */
export type ProbeClaim = { readonly granted: true } | { readonly granted: false; readonly againInMs: number };

export interface OpenCircuitOptions {
  readonly probeEveryMs: number;
  readonly claimProbe: () => Promise<ProbeClaim>;
}

type Phase = 'waiting' | 'due' | 'claiming' | 'granted' | 'under_way';

/** A claim lasts so much longer than the pause: the endpoint sees probes when they arrive, and a slow one may be followed by a quick one. */
export const CLAIM_MARGIN_MS = 500;
// A claim ends by Redis's clock, which started it a little later than we asked.
const LATER_MS = 50;

/**
 * An open breaker's way to its next probe. States: waiting -time-> due -claim-> claiming -granted-> granted -begin-> under way -failed-> waiting;
 * claiming -refused-> waiting, for as long as the other worker's claim lasts; granted and not used -time-> due.
 * Whoever finds it `due` may claim; everybody else is turned away.
 */
export class OpenCircuit {
  private phase: Phase = 'waiting';
  private timer: NodeJS.Timeout | undefined;
  private probeAtMs = 0;
  private readonly openedAtMs: number;

  constructor(
    private readonly told: OpenBreaker,
    private readonly options: OpenCircuitOptions,
  ) {
    this.openedAtMs = performance.now() - told.openForMs;
    this.waitFor(told.probeInMs);
  }

  get letsThrough(): boolean {
    return this.phase === 'due' || this.phase === 'granted';
  }

  get state(): BreakerState {
    return this.phase === 'waiting' ? 'open' : 'half_open';
  }

  describe(): OpenBreaker {
    const nowMs = performance.now();
    const { appId, reason } = this.told;
    return { appId, reason, openForMs: nowMs - this.openedAtMs, probeInMs: Math.max(0, this.probeAtMs - nowMs) };
  }

  /** True for the one that may go on to `begin`. */
  async claim(): Promise<boolean> {
    if (this.phase !== 'due') return false;
    this.phase = 'claiming';
    const askedAtMs = performance.now();
    const claim = await this.options.claimProbe();
    // It ended meanwhile, and another may have begun.
    if (!this.isIn('claiming')) return false;
    // Should the grant not be used, it has run out when the next one may be asked for.
    const ownMs = askedAtMs + this.options.probeEveryMs + CLAIM_MARGIN_MS - performance.now();
    this.waitFor((claim.granted ? ownMs : claim.againInMs) + LATER_MS);
    if (claim.granted) this.phase = 'granted';
    return claim.granted;
  }

  /** The probe is sent now. False without a grant. */
  begin(): boolean {
    if (this.phase !== 'granted') return false;
    this.phase = 'under_way';
    clearTimeout(this.timer);
    return true;
  }

  /** The probe failed: the next one when the claim for this one has run out. */
  failed(): void {
    this.waitFor(this.probeAtMs - performance.now());
  }

  /** Another worker says when the next probe is due: later than we thought, because it made one. */
  postpone(probeInMs: number): void {
    const isIdle = this.phase === 'waiting' || this.phase === 'due';
    if (isIdle && performance.now() + probeInMs > this.probeAtMs + LATER_MS) this.waitFor(probeInMs);
  }

  /** For how long a probe could have been made by whoever had something to send. */
  get unusedForMs(): number {
    return this.phase === 'due' ? performance.now() - this.probeAtMs : 0;
  }

  end(): void {
    clearTimeout(this.timer);
    this.phase = 'waiting';
  }

  private isIn(phase: Phase): boolean {
    return this.phase === phase;
  }

  private waitFor(ms: number): void {
    clearTimeout(this.timer);
    this.phase = 'waiting';
    this.probeAtMs = performance.now() + Math.max(0, ms);
    this.timer = setTimeout(() => (this.phase = 'due'), Math.max(0, ms));
    this.timer.unref();
  }
}
