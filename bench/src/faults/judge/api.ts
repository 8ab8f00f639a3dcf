import { type ApiCall, isSuccess } from '../stage/api-user.ts';
import { atMost, type Check, holds, note } from './checks.ts';
import type { Period } from './timing.ts';

/** Calls that began in the period. */
export function callsIn(calls: readonly ApiCall[], { fromMs, toMs }: Period): readonly ApiCall[] {
  return calls.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
}

/** Calls that were answered neither 2xx nor 503, or not at all. */
export function wrongAnswers(calls: readonly ApiCall[]): readonly ApiCall[] {
  return calls.filter(({ status }) => !isSuccess(status) && status !== 503);
}

/** "201 x 40, 503 x 12": how often each status came; "none" for no answer. */
export function statuses(calls: readonly ApiCall[]): string {
  const counts = new Map<number, number>();
  for (const { status } of calls) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts]
    .sort(([a], [b]) => a - b)
    .map(([status, count]) => `${status === 0 ? 'none' : status} x ${count}`)
    .join(', ');
}

/** Every answer is a 2xx or a 503, and came in time. */
export function answersInTime(name: string, calls: readonly ApiCall[], withinMs: number): readonly Check[] {
  const wrong = wrongAnswers(calls);
  return [
    holds(`${name} only 2xx or 503`, calls.length > 0 && wrong.length === 0, calls.length === 0 ? 'nothing was called' : statuses(wrong)),
    atMost(`slowest ${name}`, slowestMs(calls) / 1000, withinMs / 1000, 's'),
    note(`${name} answered`, statuses(calls)),
  ];
}

/** Every answer was a 2xx. */
export function allSucceed(name: string, calls: readonly ApiCall[]): Check {
  const others = calls.filter(({ status }) => !isSuccess(status));
  return holds(`${name} all 2xx`, calls.length > 0 && others.length === 0, calls.length === 0 ? 'nothing was called' : statuses(others));
}

/** From `fromMs` until the last call that was not answered 2xx began, in s; 0 when there was none. */
export function errorsOverAfter(calls: readonly ApiCall[], fromMs: number): number {
  const failed = calls.filter(({ atMs, tookMs, status }) => !isSuccess(status) && atMs + tookMs >= fromMs);
  return failed.reduce((latest, { atMs, tookMs }) => Math.max(latest, atMs + tookMs - fromMs), 0) / 1000;
}

export function slowestMs(calls: readonly ApiCall[]): number {
  return calls.reduce((most, { tookMs }) => Math.max(most, tookMs), 0);
}
