import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { System } from '../system/system.ts';
import { ROWS } from './catalogue.ts';
import type { Check, Unit } from './judge/checks.ts';
import { describeFindings, type Finding } from './report/report.ts';
import { runRow } from './run-row.ts';

/**
 * Rows of the fault table with a small share of the load, on real stores and processes: what must hold on any machine, however busy.
 * Counts are judged as in the row; of times only that there was an end to them: how long is what `npm run faults` measures.
 */
const TIMES: readonly Unit[] = ['s', 'ms', 'x', 'MB'];
// Those that want nothing special of the system come first and share one, what they killed is started again for the next.
const SUBSET = ['Q1', 'D2', 'R1', 'P2', 'K2', 'I1', 'H0'];
const START_MS = 180_000;
// Two minutes for the slowest on an idle machine of two cores, twice that for a busy one.
const ROW_MS = 240_000;

let running: System;

beforeAll(async () => {
  running = await System.start({ replicas: { delivery: 2 } });
}, START_MS);

afterAll(async () => {
  await running.stop();
}, START_MS);

function broken(finding: Finding): readonly Check[] {
  if (!('checks' in finding)) throw new Error(finding.error);
  return finding.checks.filter(
    ({ limit, unit, value, passed }) => limit !== '' && (TIMES.includes(unit) ? !Number.isFinite(value) : !passed),
  );
}

describe('the fault table, in short', () => {
  it.each(ROWS.filter(({ id }) => SUBSET.includes(id)).sort((a, b) => SUBSET.indexOf(a.id) - SUBSET.indexOf(b.id)))(
    '$id: $fault',
    async (row) => {
      const finding = await runRow(row, { size: 'short', say: () => undefined, running });
      expect(broken(finding).length === 0 ? '' : describeFindings([finding])).toBe('');
    },
    ROW_MS,
  );
});
