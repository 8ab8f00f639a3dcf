import { egressEnv } from '@hookwright/egress';
import { checkGrpcTls, grpcTlsEnv, list, onOff, port, serviceEnv } from '@hookwright/runtime';
import { z } from 'zod';

export const registryEnv = serviceEnv
  .extend({
    GRPC_PORT: port().describe('RegistryService'),
    ...grpcTlsEnv,
    DATABASE_URL: z.string().min(1).describe("the registry's own PostgreSQL database"),
    KAFKA_BROKERS: list().pipe(z.array(z.string()).min(1)).describe('host:port, comma-separated'),
    REDACT_AFTER_SECONDS: z.coerce
      .number()
      .int()
      .min(0)
      .max(2_592_000)
      .default(172_800)
      .describe('from a revoke to partner_app.merchant.redact'),
    ENDPOINT_VERIFICATION: onOff().default(true).describe('off: an endpoint is enabled at once; for development'),
    FAILPOINT_OUTBOX: z.coerce
      .number()
      .int()
      .min(1)
      .optional()
      .describe('the process kills itself before it publishes so many messages; only in the development profile'),
    ...egressEnv,
  })
  .superRefine((env, context) => {
    checkGrpcTls(env, [env.HOST], context);
    if (env.HOOKWRIGHT_PROFILE === 'production' && env.FAILPOINT_OUTBOX !== undefined)
      context.addIssue({ code: 'custom', path: ['FAILPOINT_OUTBOX'], message: 'must not be set in the production profile' });
  });

export type RegistryEnv = z.infer<typeof registryEnv>;

/** Injection token of the service's environment. */
export const ENV = Symbol('env');
