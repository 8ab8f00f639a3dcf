import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { EventLoopLoad } from './event-loop-load.ts';

/** Keeps the event loop from resting. */
async function work(forMs: number): Promise<void> {
  const endsAtMs = performance.now() + forMs;
  while (performance.now() < endsAtMs);
  // Utilization is counted up to the loop's current turn.
  await wait(0);
}

it('is busy while the loop hardly rests, and not when it rests again', async () => {
  const load = new EventLoopLoad();
  await work(300);
  expect(load.isBusy()).toBe(true);
  await wait(300);
  expect(load.isBusy()).toBe(false);
});

it('keeps its judgement within a sample', async () => {
  const load = new EventLoopLoad();
  const nowMs = performance.now();
  await work(300);
  expect(load.isBusy(nowMs)).toBe(false);
  expect(load.isBusy(nowMs + 300)).toBe(true);
});
