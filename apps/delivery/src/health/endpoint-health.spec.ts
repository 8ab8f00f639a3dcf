import { create } from '@bufbuild/protobuf';
import { BreakerState, type EndpointSnapshot, EndpointSnapshotSchema, EndpointStatus } from '@hookwright/contracts';
import { createLogger } from '@hookwright/runtime';
import { type TestDatabase, createDatabase, uniqueName } from '@hookwright/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { HealthRepository } from '../reads/health.repository.ts';
import { HealthService } from '../reads/health.service.ts';
import { testRecord } from '../rig/records.ts';
import { insertWaiting } from '../rig/waiting-rows.ts';
import { EndpointHealth } from './endpoint-health.ts';
import { FailureWatch } from './failure-watch.ts';
import { noted } from './noted.ts';

const logger = createLogger('spec', 'fatal');
let database: TestDatabase;
let health: EndpointHealth;
let endpoints: Map<string, EndpointSnapshot>;
let disabled: bigint[];
let appId: string;

beforeAll(async () => {
  database = await createDatabase('delivery');
});

afterAll(() => database.drop());

beforeEach(() => {
  health = new EndpointHealth(database.pool, logger);
  endpoints = new Map();
  disabled = [];
  appId = uniqueName('app');
  announce(1n);
});

function announce(revision: bigint, status = EndpointStatus.ENABLED): EndpointSnapshot {
  const endpoint = create(EndpointSnapshotSchema, { appId, revision, status });
  endpoints.set(appId, endpoint);
  return endpoint;
}

/** A worker's attempts, written down. */
async function attempts(results: string, writer = health): Promise<void> {
  for (const [at, result] of Array.from(results).entries()) {
    const success = result === '+';
    const record = testRecord({
      appId,
      createdAtMs: Date.now(),
      eventId: `evt_${at}`,
      delivery: { trigger: result === 'r' ? 'replay' : 'event' },
      attempt: success ? {} : { statusCode: result === '4' ? 410 : 500, errorCategory: 'http_5xx' },
      record: { status: success ? 'delivered' : 'retry_scheduled' },
    });
    writer.note(noted(record, endpoints.get(appId)));
  }
  await writer.write('all');
}

const watch = () =>
  new FailureWatch({
    pool: database.pool,
    logger,
    endpointOf: (id) => endpoints.get(id),
    onSustainedFailure: ({ revision }) => disabled.push(revision),
    onRestart: (endpoint) => health.restart(endpoint),
  });

/** Time passes: in the database, whose clock is the one that counts. */
async function hoursPass(hours: number): Promise<void> {
  for (const column of ['failing_since', 'last_failure_at', 'last_success_at'])
    await database.pool.query(`UPDATE endpoint_health SET ${column} = ${column} - $2 * interval '1 hour' WHERE app_id = $1`, [
      appId,
      hours,
    ]);
  for (const column of ['failing_since', 'warned_at'])
    await database.pool.query(`UPDATE endpoint_warning SET ${column} = ${column} - $2 * interval '1 hour' WHERE app_id = $1`, [
      appId,
      hours,
    ]);
}

const read = async () => {
  const service = new HealthService(new HealthRepository(database.pool), { describe: () => undefined });
  return (await service.get(appId)).health!;
};
const warned = async () => (await read()).warnings!.map(({ hours }) => hours);

describe('an endpoint that fails', () => {
  it('is warned of at 1, 24 and 48 h, and disabled after 72 h, however many workers look', async () => {
    const workers = [watch(), watch()];
    const look = () => Promise.all(workers.map((each) => each.look()));
    await attempts('---');
    await look();
    expect(await warned()).toEqual([]);
    for (const [passed, hours] of [
      [1, [1]],
      [20, [1]],
      [3, [1, 24]],
      [24, [1, 24, 48]],
    ] as const) {
      await hoursPass(passed);
      await look();
      expect(await warned()).toEqual(hours);
    }
    const [first] = (await read()).warnings!;
    expect(first!.disablesAtMs! - first!.failingSinceMs!).toBe(BigInt(72 * 3_600_000));
    await attempts('-');
    await hoursPass(24.1);
    await look();
    await look();
    expect(disabled).toEqual([1n]);
  });

  it('begins anew after one success, by whichever worker', async () => {
    const other = new EndpointHealth(database.pool, logger);
    await attempts('---');
    await hoursPass(71);
    await watch().look();
    expect(await warned()).toEqual([1, 24, 48]);
    await attempts('+', other);
    expect(await read()).toMatchObject({ warnings: [] });
    expect((await read()).failingSinceMs).toBeUndefined();
    await attempts('---');
    await hoursPass(2);
    await watch().look();
    expect([await warned(), disabled]).toEqual([[1], []]);
  });

  it('does not fail since before another worker’s success that was written first', async () => {
    const other = new EndpointHealth(database.pool, logger);
    health.note({ appId, revision: 1n, deliveryId: 'dlv_1', result: 'failed' });
    await attempts('+', other);
    await health.write('all');
    const { rows } = await database.pool.query(
      'SELECT failing_since >= last_success_at AS is_after FROM endpoint_health WHERE app_id = $1',
      [appId],
    );
    expect(rows).toEqual([{ is_after: true }]);
  });

  it('begins anew when it is enabled again, whatever a slower worker still says of the revision before', async () => {
    const slow = new EndpointHealth(database.pool, logger);
    slow.note({ appId, revision: 1n, deliveryId: 'dlv_9', result: 'failed' });
    await attempts('---');
    await hoursPass(80);
    health.restart(announce(3n));
    await health.write('all');
    await slow.write('all');
    await watch().look();
    expect([disabled, (await read()).failingSinceMs]).toEqual([[], undefined]);
    await attempts('-');
    expect((await read()).failingSinceMs).toBeDefined();
  });

  it('begins anew also when no worker ran while it was enabled again', async () => {
    await attempts('---');
    await hoursPass(73);
    await attempts('-');
    await watch().look();
    expect(disabled).toEqual([1n]);
    announce(3n);
    await watch().look();
    await health.write('all');
    await watch().look();
    expect([disabled, (await read()).failingSinceMs]).toEqual([[1n], undefined]);
  });

  it.each([EndpointStatus.PAUSED, EndpointStatus.DISABLED, EndpointStatus.PENDING_VERIFICATION])(
    'is left alone in status %i, to which nothing is sent',
    async (status) => {
      await attempts('---');
      await hoursPass(73);
      announce(2n, status);
      await watch().look();
      expect([disabled, await warned()]).toEqual([[], []]);
    },
  );

  it('is not disabled for two deliveries, for replays, or for a 410, which has its own way', async () => {
    await attempts('--rrrr44');
    await hoursPass(73);
    await attempts('rr');
    await watch().look();
    expect(disabled).toEqual([]);
  });

  it('is forgotten when it is removed', async () => {
    await attempts('-+');
    health.remove(appId);
    await health.write();
    const { rowCount } = await database.pool.query('SELECT FROM endpoint_traffic WHERE app_id = $1', [appId]);
    expect(rowCount).toBe(0);
  });
});

describe('the health of an endpoint', () => {
  it('counts attempts of the last 5 minutes, hour and day', async () => {
    await attempts('+++-');
    const back = (span: number, interval: string) =>
      database.pool.query(`UPDATE endpoint_traffic SET starts_at = starts_at - $3::interval WHERE app_id = $1 AND span_seconds = $2`, [
        appId,
        span,
        interval,
      ]);
    await back(60, '30 minutes');
    await attempts('+');
    await back(60, '10 minutes');
    await attempts('--');
    expect(await read()).toMatchObject({
      fiveMinutes: { succeeded: 0n, failed: 2n },
      hour: { succeeded: 4n, failed: 3n },
      day: { succeeded: 4n, failed: 3n },
    });
  });

  it('counts what waits and for how long', async () => {
    expect(await read()).toMatchObject({ breaker: { state: BreakerState.CLOSED }, backlog: 0, backlogIsCut: false });
    await insertWaiting(database.pool, { appIds: [appId, uniqueName('app')], count: 2 });
    const { backlog, oldestPendingAgeSeconds } = await read();
    expect(backlog).toBe(2);
    expect(oldestPendingAgeSeconds).toBeGreaterThanOrEqual(60);
    expect(oldestPendingAgeSeconds).toBeLessThan(120);
  });
});
