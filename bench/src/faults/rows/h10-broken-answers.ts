import { exactly, holds, none } from '../judge/checks.ts';
import { GARBAGE } from '../../hostile/behaviours/broken.ts';
import type { Row } from '../row.ts';
import { besideHealthy } from '../stage/hostile-company.ts';

const BROKEN = ['/close', '/reset', '/half', '/shortbody', ...Object.keys(GARBAGE).map((kind) => `/garbage?kind=${kind}`)];
const DOUBLE = '/garbage?kind=double';
const EVENTS = 5;
// Enough that connections are used again and again right after a stray answer.
const DOUBLES = 500;

export const h10: Row = {
  id: 'H10',
  fault: '/close /reset /half /shortbody /garbage (7 kinds)',
  criterion: 'failed and retried; after kind=double no other delivery gets the stray 410: endpoints disabled 0',
  run: (stage) =>
    besideHealthy(stage, { schedule: '1,600' }, async (company) => {
      const { hostile, records } = company;
      const failing = BROKEN.filter((path) => path !== DOUBLE);
      const broken = await company.add(failing.map((path, number) => ({ url: hostile.url(path, number + 10) })));
      // At the same origin, so that they could share a connection.
      const [double, neighbour] = await company.add([{ url: hostile.url(DOUBLE, 1) }, { url: hostile.url('/ok', 1) }]);
      if (double === undefined || neighbour === undefined) throw new Error('two apps were asked for');
      await company.send(broken, EVENTS * broken.length);
      await company.send([double, neighbour], DOUBLES * 2);
      const attempts = await company.untilAttempts(broken, 2 * EVENTS * broken.length);
      await company.untilAttempts([double, neighbour], DOUBLES * 2);
      const others = await records.attempts(double.id, neighbour.id);
      const unhurt = await records.deliveries(neighbour.id);
      const wrong = attempts.filter(({ category }) => category !== 'connection').map(({ category }) => category || 'success');
      const retried = broken.filter(({ id }) => attempts.filter(({ appId, number }) => appId === id && number === 2).length === EVENTS);
      return [
        holds('failed as connection errors', wrong.length === 0, [...new Set(wrong)].join(', ')),
        exactly('retried', retried.length, failing.length),
        none('stray 410', others.filter(({ statusCode }) => statusCode === 410).length),
        none('endpoints disabled', unhurt.filter(({ status }) => status === 'suppressed').length),
        exactly('the neighbour’s delivered', unhurt.filter(({ status }) => status === 'delivered').length, DOUBLES),
      ];
    }),
};
