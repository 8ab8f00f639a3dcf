import { atLeast, atMost, type Check, none, note } from '../judge/checks.ts';
import { type Arrival, judgePairs } from '../judge/pairs.ts';
import { percentile } from '../../figures/percentile.ts';
import { longest, retryDelays, shortest, withoutSuccess } from '../judge/retries.ts';
import type { Row } from '../row.ts';
import { acceptedBy, besideHealthy, type HostileCompany } from '../stage/hostile-company.ts';
import { toArrival } from '../stage/hostile-arrivals.ts';
import { until } from '../stage/until.ts';

const PAUSE_S = 5;
// At p = 0.5 one of a million deliveries fails twenty times in a row.
const SCHEDULE = Array.from({ length: 20 }, () => PAUSE_S).join(',');
// How often the scheduler looks (apps/delivery, SCHEDULER_INTERVAL_MS).
const LOOK_S = 0.25;
// So many that no app has 20 calls in 10 s, half of which fail: its breaker would hold the retries back, and rightly so (row I2).
const APPS = 500;
const EVENTS_PER_SECOND = 100;
const SETTLE_MS = 180_000;

export const h13: Row = {
  id: 'H13',
  fault: '/flaky?first=3 and p=0.5, 5 000 events',
  criterion: 'lost 0; tries a pair = failures + 1; attempts follow the schedule ± 20 %',
  run: (stage) =>
    besideHealthy(stage, { schedule: SCHEDULE }, async (company) => {
      const events = stage.pick({ full: 5000, short: 500 });
      const count = stage.pick({ full: APPS, short: APPS / 10 });
      const paths = Array.from({ length: count }, (_, number) => (number % 2 === 0 ? '/flaky?first=3' : '/flaky?p=0.5'));
      const apps = await company.add(paths.map((path, number) => ({ url: company.hostile.url(path, number + 1) })));
      const perSecond = stage.pick({ full: EVENTS_PER_SECOND, short: EVENTS_PER_SECOND / 10 });
      const sent = acceptedBy(await company.stream(apps, { count: events, perSecond }), apps);

      const done = async (): Promise<boolean> => withoutSuccess(sent, await arrivals(company)) === 0;
      await until(done, SETTLE_MS);
      const all = await arrivals(company);
      const { lost, dup } = judgePairs(sent, all);
      return [
        none('lost', lost),
        none('never answered 2xx', withoutSuccess(sent, all)),
        none('tries beyond failures + 1', dup),
        ...judgePauses(all),
      ];
    }),
};

async function arrivals({ hostile }: HostileCompany): Promise<readonly Arrival[]> {
  return (await hostile.requests('/flaky')).map(toArrival);
}

/** The schedule's pause has 0 to 20 % of jitter, and the scheduler looks now and then. */
function judgePauses(arrivals: readonly Arrival[]): readonly Check[] {
  const seconds = retryDelays(arrivals).map((ms) => ms / 1000);
  return [
    atLeast('shortest pause', shortest(seconds), 0.8 * PAUSE_S, 's'),
    atMost('pause p99', percentile(seconds, 0.99), 1.2 * PAUSE_S + LOOK_S, 's'),
    note('median', percentile(seconds, 0.5), 's'),
    note('longest', longest(seconds), 's'),
  ];
}
