import { nowMs } from '../../clock.ts';
import { p99 } from '../judge/timing.ts';
import { atMost, none, note } from '../judge/checks.ts';
import type { Row } from '../row.ts';
import type { Scene } from '../stage/scene.ts';

const EVERY_MS = 5000;

export const r6: Row = {
  id: 'R6',
  fault: 'kill a random service every 5 s for 5 min',
  criterion: 'lost 0; dup ≤ 2 %; lag 0 ≤ 120 s after; p99 back ≤ 1.2x',
  async run(stage) {
    const scene = await stage.open({ workers: 2 });
    // Minutes, not moments: of 6,000 pairs one stall of 300 ms is the p99.
    const { measureMs, stormMs } = stage.pick({
      full: { measureMs: 120_000, stormMs: 300_000 },
      short: { measureMs: 10_000, stormMs: 30_000 },
    });
    await scene.receiver.behave('*', { delayMs: 10 });
    scene.load.begin();
    const before = await scene.goOn(measureMs);

    const killed: string[] = [];
    const endMs = nowMs() + stormMs;
    while (nowMs() < endMs) {
      killed.push(await killOne(scene));
      stage.say(`${killed.length} kills`);
      await scene.goOn(EVERY_MS);
    }
    const overMs = nowMs();
    await Promise.all(scene.system.replicaNames.map((name) => scene.system.service(name).ready()));
    const noLagAtMs = await scene.untilCaughtUp(150_000);
    const after = await scene.goOn(measureMs);
    await scene.settle({ withinMs: 120_000 });

    const { lost, dupShare } = await scene.verdict();
    const [p99Before, p99After] = [p99(await scene.latencies(before)), p99(await scene.latencies(after))];
    return [
      none('lost', lost),
      atMost('dup', dupShare * 100, 2, '%'),
      atMost('lag 0 after', (noLagAtMs - overMs) / 1000, 120, 's'),
      atMost('p99 after to before', p99After / p99Before, 1.2, 'x'),
      note('p99 before', p99Before, 'ms'),
      note('kills', killed.length),
    ];
  },
};

/** Kills a random service that runs, and starts it again at once, as a supervisor does. Returns its name. */
async function killOne(scene: Scene): Promise<string> {
  const running = scene.system.replicaNames.filter((name) => scene.system.service(name).isRunning);
  const name = running[Math.floor(Math.random() * running.length)] ?? 'delivery';
  await scene.kill(name);
  scene.system.service(name).launch();
  return name;
}
