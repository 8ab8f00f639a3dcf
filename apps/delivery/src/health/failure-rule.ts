import { DELIVERIES_TRIED } from './tallies.ts';

/** An endpoint without a success for a while. */
export interface Failure {
  /** Since the first failed attempt after the last success. */
  readonly failingForMs: number;
  /** Since the last failed attempt. */
  readonly quietForMs: number;
  /** Deliveries that were tried, counted up to DELIVERIES_TRIED. */
  readonly tried: number;
  /** Hours that were warned of already. */
  readonly warned: readonly number[];
}

export interface FailureJudgement {
  /** Hours to warn of now. */
  readonly warn: readonly number[];
  readonly disable: boolean;
}

const HOUR_MS = 3_600_000;
/** design.md, "Delivery": warned at 1, 24, 48 h; disabled after 72 h without one success and at least 3 deliveries tried. */
export const WARN_AFTER_HOURS = [1, 24, 48] as const;
export const DISABLE_AFTER_HOURS = 72;
// A success that another worker saw may not be written down yet: tallies are written once a minute (tallies.ts).
const WRITTEN_BY_ALL_MS = 120_000;
// The schedule's longest pause, 30 h and a fifth: an endpoint that was not even tried for longer, because Hookwright itself stood still, gets its chance.
const LONGEST_PAUSE_MS = 36 * HOUR_MS;

/** Pure. What follows from a failure that has gone on for so long. */
export function judgeFailure({ failingForMs, quietForMs, tried, warned }: Failure): FailureJudgement {
  return {
    warn: WARN_AFTER_HOURS.filter((hours) => failingForMs >= hours * HOUR_MS && !warned.includes(hours)),
    disable:
      failingForMs >= DISABLE_AFTER_HOURS * HOUR_MS + WRITTEN_BY_ALL_MS && tried >= DELIVERIES_TRIED && quietForMs <= LONGEST_PAUSE_MS,
  };
}
