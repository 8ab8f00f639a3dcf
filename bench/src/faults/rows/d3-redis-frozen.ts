import { MemoryWatch } from '../../usage/memory-watch.ts';
import { readMemory } from '../../usage/usage.ts';
import { callsIn, slowestMs } from '../judge/api.ts';
import { atMost, none, note } from '../judge/checks.ts';
import { p99 } from '../judge/timing.ts';
import type { Row } from '../row.ts';
import { openWatched } from '../stage/watched.ts';

const MB = 1_048_576;

export const d3: Row = {
  id: 'D3',
  fault: 'Redis SIGSTOP 30 s',
  criterion: 'an operation gives up ≤ 500 ms; p99 ≤ before + 1 s; RSS ≤ +100 MB',
  async run(stage) {
    const { scene, user } = await openWatched(stage);
    const { system } = scene;
    scene.load.begin();
    await scene.goOn(5000);
    const before = await scene.goOn(stage.pick({ full: 20_000, short: 5000 }));
    const workersBefore = readMemory(system.pids())['delivery'] ?? Number.NaN;
    const memory = new MemoryWatch(() => system.pids());

    system.store('redis').signal('SIGSTOP');
    stage.say('Redis is frozen');
    const during = await scene.goOn(stage.pick({ full: 30_000, short: 10_000 }));
    system.store('redis').signal('SIGCONT');
    const workersPeak = memory.stop()['delivery'] ?? Number.NaN;
    await scene.goOn(5000);
    await user.rest();
    await scene.settle({ withinMs: 60_000 });

    const { lost, dup } = await scene.verdict();
    const [p99Before, p99During] = [p99(await scene.latencies(before)), p99(await scene.latencies(during))];
    const reads = user.calls('read');
    // The gateway asks Redis once in a call (rate limits): what it waits for it is what the call takes longer.
    const waited = slowestMs(callsIn(reads, during)) - p99(callsIn(reads, before).map(({ tookMs }) => tookMs));
    return [
      atMost('slowest API call beyond p99 before', waited, 500, 'ms'),
      atMost('p99 beyond before', p99During - p99Before, 1000, 'ms'),
      atMost('RSS of 2 workers beyond before', (workersPeak - workersBefore) / MB, 2 * 100, 'MB'),
      none('lost', lost),
      note('dup', dup),
      note('p99 before', p99Before, 'ms'),
    ];
  },
};
