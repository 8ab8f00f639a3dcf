import type { Row } from '../row.ts';
import { withoutRedis } from '../stage/redis-outage.ts';

export const d2: Row = {
  id: 'D2',
  fault: 'Redis kill -9, 60 s away',
  criterion: 'lost 0; throughput ≥ 50 %; API up',
  run: (stage) =>
    withoutRedis(stage, {
      ms: stage.pick({ full: 60_000, short: 10_000 }),
      begin: (scene) => scene.kill('redis'),
      end: ({ system }) => system.store('redis').start(),
    }),
};
