import { atMost, exactly, none } from '../judge/checks.ts';
import type { Row } from '../row.ts';
import { besideHealthy } from '../stage/hostile-company.ts';

// design.md, "Delivery": the total deadline.
const DEADLINE_S = 10;
const TOLERANCE_S = 0.5;
const EVENTS = 10;
const PATHS = ['/drip', '/drip-headers', '/slowread'];
// api.md: over 256 KiB a body is left out. As large as can be, so that reading it slowly means something.
const BODY_BYTES = 250 * 1024;

export const h2: Row = {
  id: 'H2',
  fault: '/drip, /drip-headers, /slowread (slow loris)',
  criterion: 'ends ≤ T + 0.5 s in all: a total deadline, not an idle one',
  run: (stage) =>
    besideHealthy(stage, {}, async (company) => {
      const apps = await company.add(PATHS.map((path, number) => ({ url: company.hostile.url(path, number + 1) })));
      await company.send(apps, EVENTS * apps.length, BODY_BYTES);
      const attempts = await company.untilAttempts(apps, EVENTS * apps.length);
      const longest = PATHS.map((path, index) => {
        const own = attempts.filter(({ appId }) => appId === apps[index]?.id).map(({ durationMs }) => durationMs / 1000);
        return atMost(path, own.length === 0 ? Number.NaN : Math.max(...own), DEADLINE_S + TOLERANCE_S, 's');
      });
      return [
        ...longest,
        exactly('attempts', attempts.length, EVENTS * apps.length),
        none('other reasons than timeout', attempts.filter(({ category }) => category !== 'timeout').length),
      ];
    }),
};
