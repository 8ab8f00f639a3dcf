import { exactly, holds } from '../judge/checks.ts';
import type { Row } from '../row.ts';
import { besideHealthy } from '../stage/hostile-company.ts';

const FIRST = 200;
const LAST = 599;
// 101 and 600 are statuses that no answer to a POST may have.
const STATUSES = [101, ...Array.from({ length: LAST - FIRST + 1 }, (_, index) => FIRST + index), 600];
const MERCHANTS = ['mer_statuses'];
const GONE = 410;

export const h11: Row = {
  id: 'H11',
  fault: '/status/200..599, 101, 600',
  criterion: 'only 2xx is success; 410 disables after 1; the rest retry',
  run: (stage) =>
    besideHealthy(stage, { schedule: '1,600' }, async (company) => {
      const { hostile, records } = company;
      const wishes = STATUSES.map((status, number) => ({ url: hostile.url(`/status/${status}`, number + 1), merchants: MERCHANTS }));
      const apps = await company.add(wishes);
      await company.send(apps, 1);
      const isSuccess = (status: number): boolean => status >= 200 && status < 300;
      const attemptsOf = (status: number): number => (isSuccess(status) || status === GONE ? 1 : 2);
      const expected = STATUSES.reduce((sum, status) => sum + attemptsOf(status), 0);
      await company.untilAttempts(apps, expected);
      // Sent to once more, the endpoint that is gone must stay silent.
      await company.send(apps, 1);
      await company.untilAttempts(apps, 2 * expected - 1);
      const deliveries = await records.deliveries(...apps.map(({ id }) => id));
      const outcomes = STATUSES.map((status, index) => {
        const own = deliveries.filter(({ appId }) => appId === apps[index]?.id);
        return { status, outcome: own.map((one) => `${one.status} after ${one.attemptCount}`).sort() };
      });
      const wanted = (status: number): string[] => {
        if (isSuccess(status)) return ['delivered after 1', 'delivered after 1'];
        return status === GONE ? ['failed after 1', 'suppressed after 0'] : ['retry_scheduled after 2', 'retry_scheduled after 2'];
      };
      const wrong = outcomes.filter(({ status, outcome }) => JSON.stringify(outcome) !== JSON.stringify(wanted(status)));
      return [
        exactly('statuses', outcomes.length, STATUSES.length),
        holds(
          'outcomes',
          wrong.length === 0,
          wrong
            .slice(0, 5)
            .map(({ status, outcome }) => `${status}: ${outcome.join(', ')}`)
            .join(' | '),
        ),
      ];
    }),
};
