import { nowMs } from '../../clock.ts';
import type { Scene } from './scene.ts';

/** Pairs a second that the system makes when everything is there at once: what the load rows take their share of. Clears the scene after. */
export async function measureCapacity(scene: Scene, pairs: number): Promise<number> {
  const fromMs = nowMs();
  await scene.load.burst({ pairs });
  await scene.untilArrived(pairs, 120_000);
  const perSecond = pairs / ((nowMs() - fromMs) / 1000);
  await scene.settle({ withinMs: 60_000 });
  await scene.clear();
  return perSecond;
}
