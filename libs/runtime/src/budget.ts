import { AsyncLocalStorage } from 'node:async_hooks';
import { unavailable } from './problem/problem.ts';

const ends = new AsyncLocalStorage<number>();

/** Runs `work` with a moment (of performance.now()) by which its caller must be answered. What it starts inherits it. */
export function withBudget<Result>(endsAtMs: number, work: () => Result): Result {
  return ends.run(endsAtMs, work);
}

/** How long the caller may still wait; Infinity where nobody does. */
export function budgetLeftMs(): number {
  const endsAtMs = ends.getStore();
  return endsAtMs === undefined ? Infinity : Math.max(0, endsAtMs - performance.now());
}

/** The promise's value, or `service_unavailable` when the budget ends first. The work itself goes on; only the waiting ends. */
export async function inBudget<Value>(work: Promise<Value>, what: string): Promise<Value> {
  const leftMs = budgetLeftMs();
  if (leftMs === Infinity) return await work;
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(unavailable(what)), leftMs);
  return await Promise.race([work, promise]).finally(() => clearTimeout(timer));
}
