import { percentile } from '../../figures/percentile.ts';
import { type Arrival, firstArrivals, pairOf, type AcceptedEvent } from './pairs.ts';

/** From (inclusive) to (exclusive), Unix ms. */
export interface Period {
  readonly fromMs: number;
  readonly toMs: number;
}

/** From sending to the first arrival, in ms, of every pair that was sent in the period and arrived; `apps` narrows them. */
export function latencies(
  accepted: readonly AcceptedEvent[],
  arrivals: readonly Arrival[],
  { fromMs, toMs }: Period,
  apps?: ReadonlySet<string>,
): number[] {
  const firstSeen = firstArrivals(arrivals);
  return accepted
    .filter(({ sentMs }) => sentMs >= fromMs && sentMs < toMs)
    .flatMap((event) =>
      event.apps
        .filter((app) => apps?.has(app) ?? true)
        .map((app) => firstSeen.get(pairOf(app, event.webhookId)))
        .filter((seenMs) => seenMs !== undefined)
        .map((seenMs) => seenMs - event.sentMs),
    );
}

/** NaN of none: no figure is no pass. */
export function p99(values: readonly number[]): number {
  return percentile(values, 0.99);
}

/** Requests that arrived in the period, per second. */
export function arrivalRate(arrivals: readonly Arrival[], { fromMs, toMs }: Period): number {
  const count = arrivals.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).length;
  return count / ((toMs - fromMs) / 1000);
}

/**
 * When arrivals flow again: the first of them at or after `fromMs` that begins a second with at least half of the load's requests. Unix
 * ms; NaN when there is none. A single request of before the fault that trickles in is no flow.
 */
export function flowsFrom(arrivals: readonly Arrival[], fromMs: number, pairsPerSecond: number): number {
  const times = arrivals
    .map(({ atMs }) => atMs)
    .filter((atMs) => atMs >= fromMs)
    .sort((a, b) => a - b);
  const wanted = Math.max(1, Math.ceil(pairsPerSecond / 2));
  return times.find((atMs, index) => (times[index + wanted - 1] ?? Infinity) < atMs + 1000) ?? Number.NaN;
}
