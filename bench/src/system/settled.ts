import { setTimeout as delay } from 'node:timers/promises';

// Any change of an app, endpoint or installation is in effect 1 s after its answer (api.md).
const IN_EFFECT_MS = 1500;

/** Resolves when every change that was answered by now is in effect. */
export async function settled(): Promise<void> {
  await delay(IN_EFFECT_MS);
}
