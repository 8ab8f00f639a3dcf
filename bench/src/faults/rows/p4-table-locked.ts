import pg from 'pg';
import { atMost, holds, none, note } from '../judge/checks.ts';
import type { Row } from '../row.ts';
import { joins } from '../stage/joins.ts';
import type { Scene } from '../stage/scene.ts';
import { openWatched } from '../stage/watched.ts';

export const p4: Row = {
  id: 'P4',
  fault: 'ACCESS EXCLUSIVE lock on the deliveries table 20 s',
  criterion: 'lost 0; dup ≤ 1 %; event-loop delay p99 ≤ 100 ms',
  async run(stage) {
    const { scene, user, health } = await openWatched(stage);
    scene.load.begin();
    await scene.goOn(stage.pick({ full: 20_000, short: 5000 }));
    // Reading it begins a new measurement.
    await eventLoopP99Ms(scene);

    const joinsBefore = joins(scene);
    const locker = new pg.Client({ connectionString: scene.system.databaseUrl('delivery') });
    await locker.connect();
    await locker.query('BEGIN');
    await locker.query('LOCK TABLE delivery IN ACCESS EXCLUSIVE MODE');
    stage.say('the table is locked');
    const during = await scene.goOn(stage.pick({ full: 20_000, short: 10_000 }));
    const delayMs = await eventLoopP99Ms(scene);
    await locker.query('ROLLBACK');
    await locker.end();
    stage.say('the table is free');
    await scene.goOn(10_000);
    await user.rest();
    await scene.settle({ withinMs: 90_000 });

    const { lost, dupShare } = await scene.verdict();
    const silent = scene.workers.filter((name) => !health.toldUnready.includes(name));
    const arrivedDuring = (await scene.arrivals()).filter(({ atMs }) => atMs >= during.fromMs && atMs < during.toMs).length;
    return [
      none('lost', lost),
      atMost('dup', dupShare * 100, 1, '%'),
      atMost('event-loop delay p99', delayMs, 100, 'ms'),
      holds('/ready fails', silent.length === 0, `not at ${silent.join(', ')}`),
      none('rebalances', joins(scene) - joinsBefore),
      note('arrived while locked', arrivedDuring),
    ];
  },
};

/** Of the slower worker. */
async function eventLoopP99Ms(scene: Scene): Promise<number> {
  const metrics = await Promise.all(scene.workers.map((name) => scene.metrics(name)));
  return Math.max(...metrics.map((each) => (each.get('nodejs_eventloop_lag_p99_seconds') ?? Number.NaN) * 1000));
}
