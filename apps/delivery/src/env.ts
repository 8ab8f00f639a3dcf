import { egressEnv } from '@hookwright/egress';
import { hostPort, list, port, serviceEnv } from '@hookwright/runtime';
import { z } from 'zod';

const count = (least: number, most: number): z.ZodCoercedNumber<string> => z.coerce.number<string>().int().min(least).max(most);

// Standard Webhooks 1.0.0's example spread over three days: 9 attempts in 71 h.
const DEFAULT_SCHEDULE = '30,120,600,3600,14400,43200,86400,108000';

export const deliveryEnv = serviceEnv.extend({
  GRPC_PORT: port().describe('DeliveryService'),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).describe('database hookwright_delivery'),
  DATABASE_CONNECTIONS: count(2, 100).default(8).describe('of the pool; recording needs two, the rest is for retries and reads'),
  KAFKA_BROKERS: list().describe('host:port, comma-separated'),
  REDIS_URL: z.url({ protocol: /^rediss?$/ }).describe('breaker states; its loss costs accuracy, never a delivery'),
  VAULT_ADDRESS: hostPort().describe('gRPC of the vault'),
  ...egressEnv,
  RETRY_SCHEDULE_SECONDS: list()
    .pipe(z.array(z.coerce.number<string>().min(0).max(604_800)).min(1).max(20))
    .prefault(DEFAULT_SCHEDULE)
    .describe('pause after each failed attempt; after the last one the delivery has failed'),
  WORKER_DELIVERIES: count(1, 100_000)
    .default(4000)
    .describe('deliveries in work at once, from being read until being recorded; at the bound the worker stops fetching'),
  WORKER_BYTES: count(1_048_576, 1_073_741_824).default(67_108_864).describe('bytes of events in work at once, like WORKER_DELIVERIES'),
  LANE_DELIVERIES: count(1, 100_000).default(500).describe('deliveries waiting in one endpoint’s lane; what comes on top is parked'),
  DEDUPE_WINDOW_HOURS: count(1, 168).default(48).describe('an event that comes again within it is not delivered again'),
  SCHEDULER_INTERVAL_MS: count(20, 60_000).default(250).describe('how often due deliveries are looked for'),
  BREAKER_WINDOW_SECONDS: count(1, 600).default(10).describe('what a breaker looks back at'),
  BREAKER_CALLS: count(1, 10_000).default(20).describe('attempts within the window before a breaker may open, at half of them failed'),
  BREAKER_PROBE_SECONDS: count(1, 3600).default(30).describe('pause between probes of an open breaker'),
});

export type DeliveryEnv = z.infer<typeof deliveryEnv>;
