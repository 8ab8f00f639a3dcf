import type { PublishedEvent } from '../load/publisher.ts';
import type { ReceivedRequest } from '../receiver/receiver.ts';
import { percentile } from './percentile.ts';

export interface ExpectedApp {
  readonly id: string;
  readonly merchants: readonly string[];
}

export interface Arrivals {
  /** Pairs of app and event that had to come, and came at least once. */
  readonly delivered: number;
  /** Pairs that had to come and did not. */
  readonly lost: number;
  /** Requests for a pair that had been answered 2xx before. */
  readonly repeated: number;
  /** Requests for pairs that had not to come. */
  readonly unexpected: number;
  /** From handing the event to the producer until its first request had arrived, ms, of every delivered pair. */
  readonly latenciesMs: readonly number[];
  /** From the first event's handing over until the last pair's first arrival. */
  readonly elapsedMs: number;
}

/** What came of what was published. */
export function compareArrivals(
  events: readonly PublishedEvent[],
  apps: readonly ExpectedApp[],
  requests: readonly ReceivedRequest[],
): Arrivals {
  const sentMs = expectedPairs(events, apps);
  const firstMs = new Map<string, number>();
  const answered = new Set<string>();
  let repeated = 0;
  for (const { appId, webhookId, atMs, status } of requests) {
    const pair = `${appId} ${webhookId}`;
    if (answered.has(pair)) repeated++;
    if (status >= 200 && status < 300) answered.add(pair);
    if (!firstMs.has(pair)) firstMs.set(pair, atMs);
  }
  const arrived = [...firstMs].filter(([pair]) => sentMs.has(pair));
  return {
    delivered: arrived.length,
    lost: sentMs.size - arrived.length,
    repeated,
    unexpected: firstMs.size - arrived.length,
    latenciesMs: arrived.map(([pair, atMs]) => atMs - (sentMs.get(pair) ?? Number.NaN)),
    elapsedMs: latest(arrived.map(([, atMs]) => atMs)) - earliest(events.map((event) => event.sentMs)),
  };
}

export interface LatencySummary {
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
}

export function summarise(latenciesMs: readonly number[]): LatencySummary {
  return { p50Ms: percentile(latenciesMs, 0.5), p95Ms: percentile(latenciesMs, 0.95), p99Ms: percentile(latenciesMs, 0.99) };
}

function expectedPairs(events: readonly PublishedEvent[], apps: readonly ExpectedApp[]): ReadonlyMap<string, number> {
  const appsOf = new Map<string, string[]>();
  for (const { id, merchants } of apps) {
    for (const merchant of merchants) {
      const installed = appsOf.get(merchant);
      if (installed === undefined) appsOf.set(merchant, [id]);
      else installed.push(id);
    }
  }
  const pairs = new Map<string, number>();
  for (const { webhookId, merchant, sentMs } of events) {
    for (const appId of appsOf.get(merchant) ?? []) pairs.set(`${appId} ${webhookId}`, sentMs);
  }
  return pairs;
}

// Math.max(...values) would take 100,000 arguments.
function latest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
}

function earliest(values: readonly number[]): number {
  return values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
}
