import { atMost, exactly, none } from '../judge/checks.ts';
import type { Row } from '../row.ts';
import { besideHealthy } from '../stage/hostile-company.ts';

const DEADLINE_S = 10;
const TOLERANCE_S = 0.5;
const EVENTS = 10;
// Longer than the deadline: whatever the answers cost is in it.
const LOOK_MS = 15_000;

export const h6: Row = {
  id: 'H6',
  fault: '/100continue?n=0',
  criterion: 'ends ≤ T + 0.5 s; CPU ≤ 20 % of a core',
  run: (stage) =>
    besideHealthy(stage, {}, async (company) => {
      const apps = await company.add([{ url: company.hostile.url('/100continue?n=0') }]);
      const without = company.watchWorkers();
      await company.scene.goOn(LOOK_MS);
      const { cores } = without.end();
      const watch = company.watchWorkers();
      await company.send(apps, EVENTS);
      await company.scene.goOn(LOOK_MS);
      const more = watch.end().cores - cores;
      const attempts = await company.untilAttempts(apps, EVENTS, 0);
      return [
        exactly('attempts', attempts.length, EVENTS),
        atMost('longest', Math.max(...attempts.map(({ durationMs }) => durationMs / 1000)), DEADLINE_S + TOLERANCE_S, 's'),
        none('taken for a success', attempts.filter(({ category }) => category === '').length),
        atMost('CPU', more * 100, 20, '%'),
      ];
    }),
};
