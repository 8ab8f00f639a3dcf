import { nowMs } from '../../clock.ts';
import { pathOf } from '../../receiver/receiver.ts';
import { atMost, none, note } from '../judge/checks.ts';
import { longest, retryDelays, withoutSuccess } from '../judge/retries.ts';
import type { Row } from '../row.ts';
import { askRedis } from '../stage/ask-redis.ts';
import { until } from '../stage/until.ts';

// So many apps that none of them has the 20 failures that open a breaker; one more is dead and has.
const APPS = 100;
const DEAD = APPS;
const RETRY_S = 40;
/** The schedule's jitter. */
const JITTER = 1.2;
const FAILURES_THAT_OPEN = 60;

export const d1: Row = {
  id: 'D1',
  fault: 'Redis FLUSHALL with 1 000 scheduled retries waiting',
  criterion: 'all 1 000 arrive, ≤ 30 s late; dup ≤ 1 %; breakers right again ≤ 30 s',
  async run(stage) {
    const pairs = stage.pick({ full: 1000, short: 200 });
    const scene = await stage.open({
      env: { delivery: { RETRY_SCHEDULE_SECONDS: `${RETRY_S},${RETRY_S}` } },
      wishes: (receiver) => [
        ...Array.from({ length: APPS }, (_, number) => ({ url: receiver.urlOf(number), merchants: ['mer_1', 'mer_2', 'mer_3'] })),
        { url: receiver.urlOf(DEAD), merchants: ['mer_dead'] },
      ],
    });
    const merchants = ['mer_1', 'mer_2', 'mer_3'];

    await scene.receiver.behave(pathOf(DEAD), { status: 500 });
    await scene.receiver.behave('*', { status: 500 });
    await scene.load.burst({ pairs: FAILURES_THAT_OPEN, merchants: ['mer_dead'] });
    await scene.load.burst({ pairs, merchants });
    await scene.untilWaiting(pairs + FAILURES_THAT_OPEN);
    // Each worker hears of an open breaker from the one that opened it.
    if (Number.isNaN(await until(async () => (await scene.total('hookwright_breakers_open')) >= scene.workers.length, 20_000)))
      throw new Error('no breaker opened');
    const openBefore = await scene.total('hookwright_breakers_open');
    await scene.receiver.behave('*', { status: 200 });

    await askRedis(scene.system.redisUrl, ['FLUSHALL']);
    const flushedAtMs = nowMs();
    stage.say('Redis is empty');
    const rightAgainMs = await until(async () => (await scene.total('hookwright_breakers_open')) >= openBefore, 30_000);
    await scene.goOn(30_000);
    const lookedAtMs = nowMs();
    await scene.receiver.behave(pathOf(DEAD), { status: 200 });
    await scene.settle({ withinMs: 180_000 });

    const { lost, dupShare } = await scene.verdict();
    const arrivals = await scene.arrivals();
    const dead = scene.apps[DEAD]?.id;
    const toDead = arrivals.filter(({ appId, atMs }) => appId === dead && atMs > flushedAtMs && atMs < lookedAtMs).length;
    return [
      none('lost', lost),
      none('without a 2xx', withoutSuccess(scene.accepted(), arrivals)),
      atMost(
        'latest beyond its delay',
        longest(retryDelays(arrivals.filter(({ appId }) => appId !== dead))) / 1000 - RETRY_S * JITTER,
        30,
        's',
      ),
      atMost('dup', dupShare * 100, 1, '%'),
      atMost('breakers right again after', rightAgainMs / 1000, 30, 's'),
      atMost('requests to the dead app in 30 s', toDead, 2 * scene.workers.length),
      note('open breakers before', openBefore),
    ];
  },
};
