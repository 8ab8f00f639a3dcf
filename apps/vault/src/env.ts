import { list, port, serviceEnv } from '@hookwright/runtime';
import { z } from 'zod';

export const vaultEnv = serviceEnv.extend({
  GRPC_PORT: port().describe('VaultService'),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).describe('database hookwright_vault'),
  KAFKA_BROKERS: list().describe('host:port, comma-separated'),
  MASTER_KEY_FILE: z.string().min(1).describe('file with 32 bytes in base64; in production readable by its owner only'),
  SWEEP_INTERVAL_SECONDS: z.coerce
    .number()
    .int()
    .min(1)
    .max(3600)
    .default(30)
    .describe('how long the key material of an expired secret may outlive it'),
});

export type VaultEnv = z.infer<typeof vaultEnv>;
