import { atMost, holds, none, note } from '../judge/checks.ts';
import { judgePairs } from '../judge/pairs.ts';
import type { Row } from '../row.ts';
import { askRedis } from '../stage/ask-redis.ts';
import { toArrival } from '../stage/hostile-arrivals.ts';
import { acceptedBy, HostileCompany } from '../stage/hostile-company.ts';
import type { Scene } from '../stage/scene.ts';
import { until } from '../stage/until.ts';

const WORKERS = 2;
const DEAD_MERCHANTS = Array.from({ length: 24 }, (_, number) => `mer_dead_${number}`);
const OPENS_MS = 60_000;
const PROBE_EVERY_MS = 30_000;
// The other worker is told of it, and what was begun just before it opened has its way to the receiver.
const TOLD_MS = 100;

export const i2: Row = {
  id: 'I2',
  fault: 'its breaker (a dead app, /hang, with a backlog of 100 000)',
  criterion:
    'opens ≤ 20 failures or 10 s; open: ≤ 1 probe in 30 s, attempts spent 0; closes ≤ 60 s after the endpoint is back; then 100 000 of 100 000 arrive',
  async run(stage) {
    const count = stage.pick({ full: 100_000, short: 3000 });
    const company = await HostileCompany.open(stage, { workers: WORKERS, apps: 5, schedule: '30,30,30,30,30,30' });
    const { scene, hostile, records } = company;
    const dead = await company.add([{ url: hostile.url('/hang'), merchants: DEAD_MERCHANTS }]);
    const sent = acceptedBy(await company.send(dead, count), dead);
    const openedAtMs = await openedAt(scene, dead[0]?.id ?? '');
    const failures = (await hostile.requests('/hang')).filter(({ endedAtMs }) => endedAtMs !== null);
    const firstFailureMs = Math.min(...failures.map(({ endedAtMs }) => endedAtMs ?? Infinity));

    stage.say('the breaker is open');
    await scene.goOn(stage.pick({ full: 120_000, short: 60_000 }));
    const begun = (await hostile.requests('/hang')).map(({ atMs }) => atMs);
    const recorded = (await records.attempts(dead[0]?.id ?? '')).map(({ startedAtMs }) => startedAtMs);
    const isSince = (atMs: number): boolean => atMs > openedAtMs + TOLD_MS;
    const isSpared = (atMs: number): boolean => isSince(atMs) && atMs < openedAtMs + PROBE_EVERY_MS - TOLD_MS;
    const unseen = Math.max(0, recorded.filter(isSince).length - begun.filter(isSince).length);
    const probes = begun.filter((atMs) => isSince(atMs) && !isSpared(atMs));

    stage.say('the endpoint is back');
    await hostile.heal('hang');
    const closedAfterMs = await until(async () => (await scene.total('hookwright_breakers_open')) === 0, 120_000);
    const arrived = async (): Promise<boolean> => (await records.statuses(dead[0]?.id ?? ''))['delivered'] === count;
    const drainedMs = await until(arrived, stage.pick({ full: 900_000, short: 240_000 }));
    const requests = (await hostile.requests('/hang')).map(toArrival);
    const { lost, dup } = judgePairs(
      sent,
      requests.filter(({ status }) => status === 200),
    );
    const secondsToOpen = (openedAtMs - firstFailureMs) / 1000;
    return [
      holds(
        'opens ≤ 20 failures or 10 s',
        !Number.isNaN(openedAtMs) && (failures.length <= 20 || secondsToOpen <= 10),
        `${failures.length} failures, ${secondsToOpen.toFixed(1)} s`,
      ),
      note('failures when it opened', failures.length),
      none('attempts before the first probe', Math.max(begun.filter(isSpared).length, recorded.filter(isSpared).length)),
      none('attempts that no request was seen of', unseen),
      note(`attempts begun in the ${TOLD_MS} ms after it opened`, recorded.filter((atMs) => atMs > openedAtMs && !isSince(atMs)).length),
      none('probes within 30 s of another', tooSoon(probes)),
      note('probes', probes.length),
      atMost('closes after', closedAfterMs / 1000, 60, 's'),
      none(`of ${count} never delivered`, lost),
      none('dup', dup),
      note('drained after', drainedMs / 1000, 's'),
    ];
  },
};

/** When the app's breaker opened, ms: what the workers tell each other in Redis (apps/delivery, board-scripts.ts). NaN when it did not. */
async function openedAt({ system }: Scene, appId: string): Promise<number> {
  let openedAtMs = Number.NaN;
  await until(async () => {
    const entry = await askRedis(system.redisUrl, ['HGET', 'hookwright:breakers', appId]);
    openedAtMs = Number.parseFloat(String(entry));
    return !Number.isNaN(openedAtMs);
  }, OPENS_MS);
  return openedAtMs;
}

function tooSoon(probesAtMs: readonly number[]): number {
  const times = [...probesAtMs].sort((a, b) => a - b);
  return times.filter((atMs, index) => index > 0 && atMs - (times[index - 1] ?? 0) < PROBE_EVERY_MS).length;
}
