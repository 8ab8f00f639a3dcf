import { atMost, exactly, none } from '../judge/checks.ts';
import type { Row } from '../row.ts';
import { besideHealthy } from '../stage/hostile-company.ts';

const EVENTS = 20;

export const h5: Row = {
  id: 'H5',
  fault: '/hugeheaders?kb=1024',
  criterion: 'fails with a reason ≤ 1 s',
  run: (stage) =>
    besideHealthy(stage, {}, async (company) => {
      const apps = await company.add([{ url: company.hostile.url('/hugeheaders?kb=1024') }]);
      await company.send(apps, EVENTS);
      const attempts = await company.untilAttempts(apps, EVENTS);
      return [
        exactly('attempts', attempts.length, EVENTS),
        none('other reasons than response_too_large', attempts.filter(({ category }) => category !== 'response_too_large').length),
        atMost('longest', Math.max(...attempts.map(({ durationMs }) => durationMs / 1000)), 1, 's'),
      ];
    }),
};
