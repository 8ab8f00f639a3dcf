import { deadTopic, TOPICS } from '@hookwright/contracts';
import { nowMs } from '../../clock.ts';
import { query } from '../../system/query.ts';
import { atLeast, atMost, exactly, none, note } from '../judge/checks.ts';
import { flowsFrom } from '../judge/timing.ts';
import type { Row } from '../row.ts';
import { DeliveryRecords, type RecordedAttempt } from '../stage/delivery-records.ts';
import { writtenInAll } from '../stage/kafka-admin.ts';
import { PAIRS_PER_SECOND, TOPIC } from '../stage/load.ts';
import type { Scene } from '../stage/scene.ts';
import { verifyAll } from '../stage/signed.ts';

const APPS = 10;
/** Its app gets nothing for so long before that no worker has its secret any more. */
const QUIET = 'mer_quiet';
const FORGOTTEN_MS = 65_000;
const QUIET_PAIRS = 20;
const LAST_READS = 'SELECT app_id AS "appId", extract(epoch FROM max(last_at))::float8 * 1000 AS "atMs" FROM secret_read GROUP BY app_id';

export const v1: Row = {
  id: 'V1',
  fault: 'vault down 60 s',
  criterion: 'unsigned 0; attempts spent on it 0; dead-lettered 0; resumes ≤ 10 s after; cached secrets ≤ 60 s old',
  async run(stage) {
    const merchants = Array.from({ length: 24 }, (_, number) => `mer_${number}`);
    // One worker: then the vault's own record of reads says how old what it has in memory is.
    const scene = await stage.open({
      workers: 1,
      receiver: { sampleEvery: 1 },
      wishes: (receiver) => [
        ...Array.from({ length: APPS }, (_, number) => ({ url: receiver.urlOf(number), merchants })),
        { url: receiver.urlOf(APPS), merchants: [QUIET] },
      ],
    });
    const { system } = scene;
    const records = stage.with(new DeliveryRecords(system.databaseUrl('delivery')));
    const quiet = await stage.publisher(scene);
    const deadBefore = await deadLetters(scene);
    scene.load.begin({ merchants });
    await scene.goOn(stage.pick({ full: FORGOTTEN_MS, short: 5000 }));

    await scene.kill('vault');
    stage.say('the vault is away');
    await quiet.burst({ pairs: QUIET_PAIRS, merchants: [QUIET] });
    const reads = await lastReads(scene);
    await scene.goOn(stage.pick({ full: 60_000, short: 10_000 }));
    await system.service('vault').start();
    const backAtMs = nowMs();
    stage.say('the vault is back');
    await scene.goOn(30_000);
    await scene.load.end();
    scene.load.add(quiet.accepted);
    await scene.settle({ withinMs: 60_000 });

    const ids = scene.apps.map(({ id }) => id);
    const attempts = await records.attempts(...ids);
    const deliveries = await records.deliveries(...ids);
    const arrivals = await scene.arrivals();
    const quietApp = scene.apps[APPS]?.id;
    const quietFirst = arrivals.find(({ appId, atMs }) => appId === quietApp && atMs >= backAtMs)?.atMs ?? Number.NaN;
    const { requests, unsigned } = await verifyAll(scene);
    const { lost, dup } = await scene.verdict();
    return [
      none('unsigned', unsigned),
      none('failed attempts', attempts.filter(({ category }) => category !== '').length),
      none('deliveries with other than one attempt', deliveries.filter(({ attemptCount }) => attemptCount !== 1).length),
      none('dead-lettered', (await deadLetters(scene)) - deadBefore),
      none('failed deliveries', deliveries.filter(({ status }) => status !== 'delivered').length),
      atMost('resumes after', (flowsFrom(arrivals, backAtMs, PAIRS_PER_SECOND) - backAtMs) / 1000, 10, 's'),
      atMost('an app without a cached secret, after', (quietFirst - backAtMs) / 1000, 10, 's'),
      atMost('oldest cached secret', oldestUse(attempts, reads, backAtMs) / 1000, 60, 's'),
      none('lost', lost),
      exactly('requests verified', requests, arrivals.length),
      atLeast('of them', requests, 1),
      note('dup', dup),
    ];
  },
};

/** Each app's last read that the vault noted before it ended, Unix ms. */
async function lastReads({ system }: Scene): Promise<ReadonlyMap<string, number>> {
  const rows = (await query(system.databaseUrl('vault'), LAST_READS)) as { appId: string; atMs: number }[];
  return new Map(rows.map(({ appId, atMs }) => [appId, atMs]));
}

/** How old the oldest secret was that signed while the vault was away: from its last read to the attempt that it signed. */
function oldestUse(attempts: readonly RecordedAttempt[], reads: ReadonlyMap<string, number>, backAtMs: number): number {
  const ages = attempts
    .filter(({ startedAtMs }) => startedAtMs < backAtMs)
    .map(({ appId, startedAtMs }) => startedAtMs - (reads.get(appId) ?? startedAtMs));
  return ages.reduce((oldest, age) => Math.max(oldest, age), Number.NEGATIVE_INFINITY);
}

async function deadLetters({ system: { kafkaBrokers } }: Scene): Promise<number> {
  const topics = [deadTopic(TOPICS.deliveries), deadTopic(TOPIC), deadTopic(TOPICS.lifecycle)];
  return (await Promise.all(topics.map((topic) => writtenInAll(kafkaBrokers, topic)))).reduce((sum, count) => sum + count, 0);
}
