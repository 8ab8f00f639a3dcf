import { atMost, between, exactly, none } from '../judge/checks.ts';
import type { Row } from '../row.ts';
import { besideHealthy } from '../stage/hostile-company.ts';

// design.md, "Delivery": the total deadline.
const DEADLINE_S = 10;
const TOLERANCE_S = 0.5;
const EVENTS = 10;

export const h1: Row = {
  id: 'H1',
  fault: '/hang',
  criterion: 'attempt ends at T ± 0.5 s',
  run: (stage) =>
    besideHealthy(stage, {}, async (company) => {
      const apps = await company.add([{ url: company.hostile.url('/hang') }]);
      await company.send(apps, EVENTS);
      const attempts = await company.untilAttempts(apps, EVENTS);
      const seconds = attempts.map(({ durationMs }) => durationMs / 1000);
      const held = (await company.hostile.requests('/hang')).map(({ atMs, endedAtMs }) => ((endedAtMs ?? Number.NaN) - atMs) / 1000);
      const limits = [DEADLINE_S - TOLERANCE_S, DEADLINE_S + TOLERANCE_S] as const;
      return [
        exactly('attempts', attempts.length, EVENTS),
        between('shortest', Math.min(...seconds), limits, 's'),
        between('longest', Math.max(...seconds), limits, 's'),
        atMost('the receiver was held for', Math.max(...held), DEADLINE_S + TOLERANCE_S, 's'),
        none('other reasons than timeout', attempts.filter(({ category }) => category !== 'timeout').length),
      ];
    }),
};
