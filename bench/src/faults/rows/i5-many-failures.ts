import { atMost, exactly, none, note } from '../judge/checks.ts';
import type { Row } from '../row.ts';
import { busiestToMean } from '../judge/spread.ts';
import { until } from '../stage/until.ts';

const PAUSE_S = 10;

export const i5: Row = {
  id: 'I5',
  fault: '10 000 failures in one second (as fast as the machine makes them)',
  criterion: 'retries spread: busiest second ≤ 3x the mean',
  async run(stage) {
    // Ten failures an app: no breaker opens, which would hold the retries back.
    const apps = stage.pick({ full: 1000, short: 200 });
    const pairs = 10 * apps;
    const scene = await stage.open({ apps, merchants: 2, env: { delivery: { RETRY_SCHEDULE_SECONDS: `${PAUSE_S},600` } } });
    await scene.receiver.behave('*', { status: 500 });
    await scene.load.burst({ pairs });
    await until(async () => (await scene.receiver.counts()).requests >= pairs, 60_000);
    await scene.receiver.behave('*', {});
    stage.say('retries');
    await scene.settle({ withinMs: 60_000 });

    const requests = await scene.receiver.log();
    const failed = requests.filter(({ status }) => status === 500).map(({ atMs }) => atMs);
    const retried = requests.filter(({ attempt }) => attempt > 1).map(({ atMs }) => atMs);
    const { lost, dup } = await scene.verdict();
    return [
      exactly('retries', retried.length, failed.length),
      atMost('busiest second to the mean', busiestToMean(retried), 3, 'x'),
      none('lost', lost),
      none('dup', dup),
      note('failures', failed.length),
      note('they took', (Math.max(...failed) - Math.min(...failed)) / 1000, 's'),
      note('retries took', (Math.max(...retried) - Math.min(...retried)) / 1000, 's'),
    ];
  },
};
