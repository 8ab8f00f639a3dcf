import { type AcceptedEvent, type Arrival, pairOf } from './pairs.ts';

/** From the answer to each attempt until the next attempt of the same pair came, ms, in the order they came. */
export function retryDelays(arrivals: readonly Arrival[]): readonly number[] {
  const answeredMs = new Map<string, number>();
  const delays: number[] = [];
  for (const arrival of [...arrivals].sort((a, b) => a.atMs - b.atMs)) {
    const pair = pairOf(arrival.appId, arrival.webhookId);
    const previousMs = answeredMs.get(pair);
    if (previousMs !== undefined) delays.push(arrival.atMs - previousMs);
    answeredMs.set(pair, arrival.answeredMs);
  }
  return delays;
}

/** Accepted pairs that were never answered 2xx. */
export function withoutSuccess(accepted: readonly AcceptedEvent[], arrivals: readonly Arrival[]): number {
  const succeeded = new Set(
    arrivals.filter(({ status }) => status >= 200 && status <= 299).map(({ appId, webhookId }) => pairOf(appId, webhookId)),
  );
  const wanted = new Set(accepted.flatMap(({ apps, webhookId }) => apps.map((app) => pairOf(app, webhookId))));
  return [...wanted].filter((pair) => !succeeded.has(pair)).length;
}

export function shortest(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : values.reduce((least, value) => Math.min(least, value));
}

export function longest(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : values.reduce((most, value) => Math.max(most, value));
}
