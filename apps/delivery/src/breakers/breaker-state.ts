export type BreakerState = 'open' | 'half_open' | 'closed';

/** Why a breaker opened: too many attempts failed, or none was answered in time. */
export type OpenReason = 'failure_rate' | 'timeouts';

/** An open breaker as the workers tell each other. Ages and pauses, not times: workers' clocks differ. */
export interface OpenBreaker {
  readonly appId: string;
  readonly reason: OpenReason;
  /** How long ago it opened. */
  readonly openForMs: number;
  /** Until the next probe is due. */
  readonly probeInMs: number;
}

/** What an attempt says about an endpoint's health; unknown: it never got there. */
export type Verdict = 'well' | 'failed' | 'timed_out' | 'unknown';
