import { atMost, between, type Check } from '../judge/checks.ts';
import type { Row } from '../row.ts';
import type { RecordedAttempt, RecordedDelivery } from '../stage/delivery-records.ts';
import { besideHealthy } from '../stage/hostile-company.ts';

const DAY_S = 86_400;
// Shorter than the wishes that count, longer than those that do not.
const SCHEDULE_S = 3;
// Its jitter (20 %) and a look of the scheduler.
const SCHEDULE: readonly [number, number] = [0.9 * SCHEDULE_S, 1.2 * SCHEDULE_S + 0.5];
// A pause begins when the attempt is recorded, a moment after its end.
const LONGEST_S = DAY_S + 1;
const EVENTS = 5;

/** What the endpoint asks for, and the pause it may have, in seconds. A whole second may be cut from a date. */
const WISHES: readonly { readonly value: string; readonly limits: readonly [number, number] }[] = [
  { value: '7', limits: [7, 14] },
  { value: 'date:7', limits: [6, 14] },
  { value: '0', limits: SCHEDULE },
  { value: '-5', limits: SCHEDULE },
  { value: '1000000000', limits: [0.99 * DAY_S, LONGEST_S] },
  { value: '1e9', limits: SCHEDULE },
  { value: 'soon', limits: SCHEDULE },
];

export const h12: Row = {
  id: 'H12',
  fault: 'Retry-After 7, a date, 0, -5, 1e9, "soon"',
  criterion: 'next try ≥ the value and ≤ 2x (or the schedule if longer), never > 24 h away; nonsense ignored',
  run: (stage) =>
    besideHealthy(stage, { schedule: `${SCHEDULE_S},600` }, async (company) => {
      const { hostile, records } = company;
      const cases = WISHES.flatMap((wish) => [429, 503].map((status) => ({ ...wish, status })));
      const urls = cases.map(({ value, status }, number) => hostile.url(`/retry-after?status=${status}&value=${value}`, number + 1));
      const apps = await company.add(urls.map((url) => ({ url })));
      await company.send(apps, EVENTS * apps.length);
      // Two attempts of all but the four that wait a day.
      await company.untilAttempts(apps, EVENTS * (2 * apps.length - 2));
      const attempts = await records.attempts(...apps.map(({ id }) => id));
      const deliveries = await records.deliveries(...apps.map(({ id }) => id));
      return cases.flatMap(({ value, status, limits }, index) => {
        const pauses = pausesOf(apps[index]?.id ?? '', attempts, deliveries);
        const name = `${status} ${value}`;
        return [check(name, pauses, limits), atMost(`${name}, latest`, Math.max(...pauses), LONGEST_S, 's')].filter(isNews);
      });
    }),
};

/** From the end of each delivery's first attempt to its second one, or to when that is due, in seconds. */
function pausesOf(appId: string, attempts: readonly RecordedAttempt[], deliveries: readonly RecordedDelivery[]): number[] {
  const of = (deliveryId: string, number: number): RecordedAttempt | undefined =>
    attempts.find((attempt) => attempt.deliveryId === deliveryId && attempt.number === number);
  return deliveries
    .filter((delivery) => delivery.appId === appId)
    .map(({ id, nextAttemptAtMs }) => {
      const first = of(id, 1);
      const nextMs = of(id, 2)?.startedAtMs ?? nextAttemptAtMs ?? Number.NaN;
      return first === undefined ? Number.NaN : (nextMs - first.startedAtMs - first.durationMs) / 1000;
    });
}

function check(name: string, pauses: readonly number[], limits: readonly [number, number]): Check {
  const [least, most] = limits;
  const outside = pauses.find((pause) => !(pause >= least && pause <= most));
  return between(name, outside ?? pauses[0] ?? Number.NaN, limits, 's');
}

// A passed upper bound of a day is said by the other check already.
function isNews({ name, passed }: Check): boolean {
  return !name.endsWith('latest') || !passed;
}
