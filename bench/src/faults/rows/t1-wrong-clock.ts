import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { atLeast, atMost, type Check, none, note } from '../judge/checks.ts';
import { judgePairs } from '../judge/pairs.ts';
import { retryDelays, shortest, withoutSuccess } from '../judge/retries.ts';
import { busiestToMean } from '../judge/spread.ts';
import type { Row } from '../row.ts';
import { toArrival } from '../stage/hostile-arrivals.ts';
import { acceptedBy, HostileCompany } from '../stage/hostile-company.ts';

const HOUR_MS = 3_600_000;
const PAUSE_S = 5;
// Each delivery fails once: 4 calls of an app in 10 s, so that no breaker opens.
const FLAKY_APPS = 100;
const EVENTS_PER_SECOND = 20;
const PRELOAD = pathToFileURL(path.join(import.meta.dirname, '../stage/shifted-clock.ts')).href;

export const t1: Row = {
  id: 'T1',
  fault: 'a worker’s clock ±1 h',
  criterion: 'lost 0; no try before 90 % of its delay; no burst > 3x the mean',
  async run(stage) {
    const company = await HostileCompany.open(stage, { workers: 1, apps: 10, schedule: `${PAUSE_S},${PAUSE_S}` });
    const checks: Check[] = [];
    for (const shiftMs of [HOUR_MS, -HOUR_MS]) {
      stage.say(`a worker's clock is ${shiftMs / HOUR_MS} h off`);
      checks.push(...(await withClock(company, shiftMs, stage.pick({ full: 60, short: 20 }))));
    }
    return [...checks, none('restarts', company.restarts)];
  },
};

async function withClock(company: HostileCompany, shiftMs: number, seconds: number): Promise<readonly Check[]> {
  const { scene, hostile } = company;
  const name = await scene.system.add('delivery', { NODE_OPTIONS: `--import=${PRELOAD}`, CLOCK_SHIFT_MS: String(shiftMs) });
  await hostile.reset();
  await scene.clear();
  const wish = (_: unknown, number: number): { url: string } => ({ url: hostile.url(`/flaky?first=1&shift=${shiftMs}`, number + 1) });
  const apps = await company.add(Array.from({ length: FLAKY_APPS }, wish));
  scene.load.begin();
  const sent = acceptedBy(await company.stream(apps, { count: seconds * EVENTS_PER_SECOND, perSecond: EVENTS_PER_SECOND }), apps);
  await scene.goOn(2 * PAUSE_S * 1000);
  await scene.settle({ withinMs: 60_000 });
  const arrivals = (await hostile.requests('/flaky')).map(toArrival);
  const healthy = await scene.verdict();
  await scene.system.remove(name);

  const { lost, dup } = judgePairs(sent, arrivals);
  const label = `${shiftMs > 0 ? '+' : '-'}1 h`;
  return [
    none(`${label}: lost`, lost + healthy.lost),
    none('never answered 2xx', withoutSuccess(sent, arrivals)),
    note('dup', dup + healthy.dup),
    atLeast('shortest pause', shortest(retryDelays(arrivals)) / 1000, 0.9 * PAUSE_S, 's'),
    atMost('busiest second of tries to the mean', busiestToMean(arrivals.map(({ atMs }) => atMs)), 3, 'x'),
  ];
}
