import { egressEnv, egressProxyEnv } from '@hookwright/egress';
import { checkGrpcTls, grpcTlsEnv, hostPort, list, port, serviceEnv } from '@hookwright/runtime';
import { z } from 'zod';
import { JITTER } from './attempts/retry-policy.ts';
import type { SlotBounds } from './lanes/slots.ts';

const count = (least: number, most: number): z.ZodCoercedNumber<string> => z.coerce.number<string>().int().min(least).max(most);

// Standard Webhooks 1.0.0's example spread over three days: 9 attempts in 71 h.
const DEFAULT_SCHEDULE = '30,120,600,3600,14400,43200,86400,108000';

// An event's body is kept for so long.
const LONGEST_SCHEDULE_SECONDS = 7 * 24 * 60 * 60;

export const deliveryEnv = serviceEnv
  .extend({
    GRPC_PORT: port().describe('DeliveryService'),
    ...grpcTlsEnv,
    DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).describe('database hookwright_delivery'),
    DATABASE_CONNECTIONS: count(2, 100).default(8).describe('of the pool; recording needs two, the rest is for retries and reads'),
    KAFKA_BROKERS: list().describe('host:port, comma-separated'),
    REDIS_URL: z
      .url({ protocol: /^rediss?$/ })
      .describe('breaker states and rate limits, shared by the workers; its loss costs accuracy, never a delivery'),
    VAULT_ADDRESS: hostPort().describe('gRPC of the vault'),
    ...egressEnv,
    ...egressProxyEnv,
    RETRY_SCHEDULE_SECONDS: list()
      .pipe(z.array(z.coerce.number<string>().min(0).max(LONGEST_SCHEDULE_SECONDS)).min(1).max(20))
      .refine((pauses) => pauses.reduce((sum, pause) => sum + pause, 0) * (1 + JITTER) <= LONGEST_SCHEDULE_SECONDS, {
        message: 'the pauses, each a fifth longer, must end within 7 days: an event is not kept for longer',
      })
      .prefault(DEFAULT_SCHEDULE)
      .describe('pause after each failed attempt; after the last one the delivery has failed'),
    WORKER_DELIVERIES: count(1, 100_000)
      .default(4000)
      .describe('deliveries in work at once, from being read until being recorded; at the bound the worker stops fetching'),
    WORKER_BYTES: count(1_048_576, 1_073_741_824).default(67_108_864).describe('bytes of events in work at once, like WORKER_DELIVERIES'),
    WORKER_CONCURRENCY: count(1, 10_000)
      .default(200)
      .describe('requests under way at once, but for those that take longer than SLOW_AFTER_MS: 200 of 16 ms each are 12,000/s'),
    WORKER_UNRECORDED: count(1, 10_000)
      .default(100)
      .describe('requests answered and not recorded yet, which a worker that is killed repeats; at the bound no request begins'),
    WORKER_SLOW_REQUESTS: count(1, 10_000)
      .default(1000)
      .describe('requests under way for longer than SLOW_AFTER_MS, past which an endpoint that has one gets no further'),
    SLOW_AFTER_MS: count(1, 10_000).default(100).describe('a request under way for so long does not count for WORKER_CONCURRENCY any more'),
    DEDUPE_WINDOW_HOURS: count(1, 168).default(48).describe('an event that comes again within it is not delivered again'),
    SCHEDULER_INTERVAL_MS: count(20, 60_000).default(250).describe('how often due deliveries are looked for'),
    BREAKER_WINDOW_SECONDS: count(1, 600).default(10).describe('what a breaker looks back at'),
    BREAKER_CALLS: count(1, 10_000).default(20).describe('attempts within the window before a breaker may open, at half of them failed'),
    BREAKER_TIMEOUTS: count(1, 1000)
      .default(5)
      .describe(
        'attempts in a row without an answer in time that open a breaker: one that hangs for 10 s never has BREAKER_CALLS in the window',
      ),
    BREAKER_PROBE_SECONDS: count(1, 3600).default(30).describe('pause between probes of an open breaker'),
  })
  .superRefine((env, context) => checkGrpcTls(env, [env.HOST, env.VAULT_ADDRESS], context));

export type DeliveryEnv = z.infer<typeof deliveryEnv>;

/** What the environment says of a worker's slots. */
export function slotBounds(env: DeliveryEnv): SlotBounds {
  return {
    concurrency: env.WORKER_CONCURRENCY,
    unrecorded: env.WORKER_UNRECORDED,
    slow: env.WORKER_SLOW_REQUESTS,
    slowAfterMs: env.SLOW_AFTER_MS,
  };
}
