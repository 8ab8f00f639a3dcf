import type { Check } from './judge/checks.ts';
import type { Stage } from './stage/stage.ts';

/** One row of the fault table: what is done to the system, and what passing means. */
export interface Row {
  /** Letter and number: R1. */
  readonly id: string;
  /** The fault and the criterion in the words of the table (docs/faults.md). */
  readonly fault: string;
  readonly criterion: string;
  /** Sets up, loads, breaks, lets settle, judges. Rejects only when it could not be carried out; a criterion that is not met is a check. */
  readonly run: (stage: Stage) => Promise<readonly Check[]>;
}
