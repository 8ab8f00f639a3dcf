import type { ChildProcess } from 'node:child_process';

// Jest loads set-up and teardown as separate modules; what they share has to be global.
const place = globalThis as { hookwrightTestKeeper?: ChildProcess };

export function keepForTeardown(keeper: ChildProcess): void {
  place.hookwrightTestKeeper = keeper;
}

/** Ends the keeper and with it every store; resolves when it is gone. */
export async function endKeeper(): Promise<void> {
  const keeper = place.hookwrightTestKeeper;
  if (keeper === undefined || keeper.exitCode !== null) return;
  const gone = new Promise((resolve) => keeper.once('exit', resolve));
  keeper.stdin?.end();
  await gone;
}
