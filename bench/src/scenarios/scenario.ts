import type { ServiceName } from '@hookwright/local';
import type { Ending } from '../ending.ts';
import type { FigureKind } from '../figures/figure.ts';

/** What a scenario is given for one run. */
export interface Run {
  /** Stops what the run starts, when it is over. */
  readonly ending: Ending;
  readonly note: (progress: string) => void;
  /** A line for whoever reads: details that are no figure. */
  readonly say: (line: string) => void;
  /** Services to profile while it measures; none: none. */
  readonly profiled: readonly ServiceName[];
}

export interface MeasuredFigure extends FigureKind {
  readonly value: number;
}

export interface Scenario {
  readonly name: string;
  readonly title: string;
  /** One whole run with a system of its own. Every run has the same figures in the same order. */
  readonly run: (run: Run) => Promise<readonly MeasuredFigure[]>;
}
