import { Counter, Gauge, Histogram } from 'prom-client';

// Apps and merchants are many: never a label.
export const eventsConsumed = new Counter({
  name: 'hookwright_delivery_messages_consumed_total',
  help: 'Messages read from webhook.deliveries',
});

export const deliveriesRepeated = new Counter({
  name: 'hookwright_deliveries_repeated_total',
  help: 'Deliveries that were recorded already and were not made again',
});

export const deadLettered = new Counter({
  name: 'hookwright_dead_letters_total',
  help: 'Messages that could not be used and went to their dead-letter topic',
  labelNames: ['reason'],
});

export const deliveriesRecorded = new Counter({
  name: 'hookwright_deliveries_total',
  help: 'Outcomes recorded: what became of a delivery when it was looked at',
  labelNames: ['outcome'],
});

export const deliveriesParked = new Counter({
  name: 'hookwright_deliveries_parked_total',
  help: 'Deliveries put to wait in Postgres, by why',
  labelNames: ['reason'],
});

export const attemptSeconds = new Histogram({
  name: 'hookwright_attempt_duration_seconds',
  help: 'Duration of attempts, by their result: success or the error category',
  labelNames: ['result'],
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
});

export const retryNumber = new Histogram({
  name: 'hookwright_retry_number',
  help: 'Which attempt of its delivery a retry was',
  buckets: [2, 3, 4, 5, 6, 7, 8, 9, 20],
});

export const retryAgeSeconds = new Histogram({
  name: 'hookwright_retry_age_seconds',
  help: 'How old the event was when a retry went out',
  buckets: [60, 300, 900, 3600, 14_400, 43_200, 86_400, 172_800, 259_200],
});

export const egressRefusals = new Counter({
  name: 'hookwright_egress_refusals_total',
  help: 'Attempts that the egress rules ended, by the rule: a blocked target, a redirect, TLS, a response too large',
  labelNames: ['reason'],
});

export const deliveriesWaiting = new Gauge({
  name: 'hookwright_deliveries_waiting',
  help: 'Deliveries that wait in Postgres, by why, counted up to 100,000; retry: for the next attempt of their schedule',
  labelNames: ['reason'],
});

export const oldestPendingSeconds = new Gauge({
  name: 'hookwright_oldest_pending_age_seconds',
  help: 'Age of the oldest delivery that waits in Postgres',
});

export const rateLimitWaits = new Counter({
  name: 'hookwright_rate_limit_waits_total',
  help: 'Times a lane waited for its rate; what waits longer is parked, with the reason rate_limited',
});

export const endpointWarnings = new Counter({
  name: 'hookwright_endpoint_warnings_total',
  help: 'Warnings that an endpoint had no success for so many hours',
  labelNames: ['hours'],
});

export const endpointsSignaled = new Counter({
  name: 'hookwright_endpoint_signals_total',
  help: 'Endpoints that the registry was told to disable, by why',
  labelNames: ['reason'],
});

export const parkedClaimed = new Counter({
  name: 'hookwright_parked_claimed_total',
  help: 'Waiting deliveries taken from Postgres because they were due',
});

export const breakerTransitions = new Counter({
  name: 'hookwright_breaker_transitions_total',
  help: 'Changes of breakers, by their new state',
  labelNames: ['state'],
});

export const secretsFailed = new Counter({
  name: 'hookwright_secrets_failed_total',
  help: 'Questions to the vault without a usable answer',
});

/** What a worker holds at a moment; asked for when the metrics are. */
export interface Holdings {
  readonly inFlight: number;
  readonly inWork: number;
  readonly lanes: number;
  readonly openBreakers: number;
  readonly endpoints: number;
  readonly endedInstallations: number;
}

let holdings: () => Holdings | undefined = () => undefined;

/** Says where the gauges come from. */
export function measureHoldings(source: () => Holdings): void {
  holdings = source;
}

const GAUGES: readonly (readonly [keyof Holdings, name: string, help: string])[] = [
  ['inFlight', 'hookwright_attempts_in_flight', 'Requests under way'],
  ['inWork', 'hookwright_deliveries_in_work', 'Deliveries taken and not recorded yet'],
  ['lanes', 'hookwright_lanes', 'Endpoints with something to do'],
  ['openBreakers', 'hookwright_breakers_open', 'Endpoints spared by their breaker'],
  ['endpoints', 'hookwright_endpoints', 'Endpoints known'],
  ['endedInstallations', 'hookwright_ended_installations', 'Installations remembered because they ended lately'],
];

for (const [key, name, help] of GAUGES) {
  new Gauge({
    name,
    help,
    collect() {
      this.set(holdings()?.[key] ?? 0);
    },
  });
}
