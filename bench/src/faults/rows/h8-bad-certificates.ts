import { exactly, none, note } from '../judge/checks.ts';
import type { Row } from '../row.ts';
import { besideHealthy } from '../stage/hostile-company.ts';

const EVENTS = 5;
const LISTENERS = ['tlsSelfSigned', 'tlsExpired', 'tlsWrongHost', 'plain'] as const;

export const h8: Row = {
  id: 'H8',
  fault: 'tls-selfsigned, tls-expired, tls-wronghost, plain HTTP on https',
  criterion: 'requests seen 0; a distinct reason each',
  run: (stage) =>
    besideHealthy(stage, {}, async (company) => {
      const { hostile } = company;
      const apps = await company.add(LISTENERS.map((listener) => ({ url: hostile.tlsUrl(listener) })));
      await company.send(apps, EVENTS * apps.length);
      const attempts = await company.untilAttempts(apps, EVENTS * apps.length);
      const reasons = new Set(attempts.map(({ category, detail }) => `${category}: ${detail}`));
      return [
        exactly('attempts', attempts.length, EVENTS * apps.length),
        none('requests seen', (await hostile.requests()).length),
        exactly('reasons', reasons.size, LISTENERS.length),
        none('other categories than tls', attempts.filter(({ category }) => category !== 'tls').length),
        note('they are', [...reasons].join(' | ')),
      ];
    }),
};
