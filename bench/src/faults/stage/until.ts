import { setTimeout as delay } from 'node:timers/promises';
import { nowMs } from '../../clock.ts';

const LOOK_EVERY_MS = 250;

/** How long it took until `holds` did, ms; NaN when it did not in time. What rejects does not hold. */
export async function until(holds: () => Promise<boolean>, withinMs: number): Promise<number> {
  const fromMs = nowMs();
  while (nowMs() - fromMs <= withinMs) {
    if (await holds().catch(() => false)) return nowMs() - fromMs;
    await delay(LOOK_EVERY_MS);
  }
  return Number.NaN;
}
