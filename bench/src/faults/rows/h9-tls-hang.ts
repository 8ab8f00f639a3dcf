import { between, exactly, none } from '../judge/checks.ts';
import type { Row } from '../row.ts';
import { besideHealthy } from '../stage/hostile-company.ts';

const CONNECT_TIMEOUT_S = 5;
const TOLERANCE_S = 0.5;
const EVENTS = 10;

export const h9: Row = {
  id: 'H9',
  fault: 'tls-hang',
  criterion: 'ends ≤ connect timeout (5 s) ± 0.5 s',
  run: (stage) =>
    besideHealthy(stage, {}, async (company) => {
      const apps = await company.add([{ url: company.hostile.tlsUrl('tlsHang') }]);
      await company.send(apps, EVENTS);
      const attempts = await company.untilAttempts(apps, EVENTS);
      const seconds = attempts.map(({ durationMs }) => durationMs / 1000);
      const limits = [CONNECT_TIMEOUT_S - TOLERANCE_S, CONNECT_TIMEOUT_S + TOLERANCE_S] as const;
      return [
        exactly('attempts', attempts.length, EVENTS),
        between('shortest', Math.min(...seconds), limits, 's'),
        between('longest', Math.max(...seconds), limits, 's'),
        none('other reasons than timeout', attempts.filter(({ category }) => category !== 'timeout').length),
      ];
    }),
};
