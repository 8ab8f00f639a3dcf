import type { Row } from '../row.ts';
import { askRedis } from '../stage/ask-redis.ts';
import { withoutRedis } from '../stage/redis-outage.ts';

export const d4: Row = {
  id: 'D4',
  fault: 'Redis out of memory (noeviction)',
  criterion: 'as D2: lost 0; throughput ≥ 50 %; API up',
  run: (stage) =>
    withoutRedis(stage, {
      ms: stage.pick({ full: 60_000, short: 10_000 }),
      begin: async ({ system }) => {
        await askRedis(system.redisUrl, ['CONFIG', 'SET', 'maxmemory-policy', 'noeviction']);
        // Less than an empty server uses: every command that could grow it is refused.
        await askRedis(system.redisUrl, ['CONFIG', 'SET', 'maxmemory', '1']);
      },
      end: ({ system }) => askRedis(system.redisUrl, ['CONFIG', 'SET', 'maxmemory', '0']),
    }),
};
