import type { ReceivedRequest } from '../../receiver/receiver.ts';

/** An event that was accepted (a broker's ack, a 2xx), and the apps that must get it: with each of them it makes a pair. */
export interface AcceptedEvent {
  /** What its requests carry as `webhook-id`. */
  readonly webhookId: string;
  readonly apps: readonly string[];
  /** When it was handed to the client that publishes, Unix ms. */
  readonly sentMs: number;
  /** Whose event it is, where that is known. */
  readonly merchant?: string;
}

/** One request as a receiver saw it; `answeredMs` is NaN when the other side had hung up before the answer. */
export type Arrival = Pick<ReceivedRequest, 'appId' | 'webhookId' | 'atMs' | 'answeredMs' | 'status'>;

export interface PairVerdict {
  /** Different pairs of accepted events. */
  readonly expected: number;
  /** Of those, how many were seen. */
  readonly arrived: number;
  readonly lost: number;
  /** Requests for a pair that had been answered 2xx before. */
  readonly dup: number;
  /** `dup` as a share of the expected pairs, 0…1. */
  readonly dupShare: number;
  /** Pairs seen that nobody accepted for that app. */
  readonly unexpected: number;
  /** When the last of the expected pairs was first seen, Unix ms; 0 when none was. */
  readonly lastFirstArrivalMs: number;
}

/** Compares what was accepted with what arrived (docs/faults.md, "Method"). */
export function judgePairs(accepted: readonly AcceptedEvent[], arrivals: readonly Arrival[]): PairVerdict {
  const firstSeen = firstArrivals(arrivals);
  const wanted = new Set<string>();
  let arrived = 0;
  let lastFirstArrivalMs = 0;
  for (const { webhookId, apps } of accepted) {
    for (const app of apps) {
      const pair = pairOf(app, webhookId);
      if (wanted.has(pair)) continue;
      wanted.add(pair);
      const seenAtMs = firstSeen.get(pair);
      if (seenAtMs === undefined) continue;
      arrived++;
      lastFirstArrivalMs = Math.max(lastFirstArrivalMs, seenAtMs);
    }
  }
  const dup = countDup(arrivals);
  const expected = wanted.size;
  return {
    expected,
    arrived,
    lost: expected - arrived,
    dup,
    dupShare: expected === 0 ? 0 : dup / expected,
    unexpected: [...firstSeen.keys()].filter((pair) => !wanted.has(pair)).length,
    lastFirstArrivalMs,
  };
}

/** When each pair was seen first, by `pairOf`. */
export function firstArrivals(arrivals: readonly Arrival[]): Map<string, number> {
  const first = new Map<string, number>();
  for (const { appId, webhookId, atMs } of arrivals) {
    const pair = pairOf(appId, webhookId);
    first.set(pair, Math.min(atMs, first.get(pair) ?? Infinity));
  }
  return first;
}

export function pairOf(appId: string, webhookId: string): string {
  return `${appId} ${webhookId}`;
}

/** Requests that arrived after an earlier one of their pair had been answered 2xx. */
function countDup(arrivals: readonly Arrival[]): number {
  const successMs = new Map<string, number>();
  for (const { appId, webhookId, status, answeredMs } of arrivals) {
    if (status < 200 || status > 299 || Number.isNaN(answeredMs)) continue;
    const pair = pairOf(appId, webhookId);
    successMs.set(pair, Math.min(answeredMs, successMs.get(pair) ?? Infinity));
  }
  return arrivals.filter(({ appId, webhookId, atMs }) => atMs > (successMs.get(pairOf(appId, webhookId)) ?? Infinity)).length;
}
