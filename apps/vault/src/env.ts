import { checkGrpcTls, grpcTlsEnv, list, port, serviceEnv } from '@hookwright/runtime';
import { z } from 'zod';
import { KEY_URI_FORMS, parseKeyUri } from './encryption/key-uri.ts';

export const vaultEnv = serviceEnv
  .extend({
    GRPC_PORT: port().describe('VaultService'),
    ...grpcTlsEnv,
    DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).describe('database hookwright_vault'),
    KAFKA_BROKERS: list().describe('host:port, comma-separated'),
    MASTER_KEY_FILE: z.string().min(1).optional().describe('file with 32 bytes in base64; in production readable by its owner only'),
    MASTER_KEY_URI: z.string().refine(isKeyUri, KEY_URI_FORMS).optional().describe('the master key that wraps, in place of a file'),
    UNWRAP_KEY_URIS: list()
      .default([])
      .refine((uris) => uris.every(isKeyUri), `each ${KEY_URI_FORMS}`)
      .describe('further master keys, which only unwrap: those before, and the next one'),
    TRANSIT_ADDRESS: origin().optional().describe('HashiCorp Vault'),
    TRANSIT_TOKEN_FILE: z.string().min(1).optional().describe('file with its token'),
    AWS_KMS_ENDPOINT: origin().optional().describe("in place of the region's"),
    GCP_KMS_ENDPOINT: origin().optional().describe("in place of Google's"),
    REWRAP_PER_SECOND: z.coerce
      .number()
      .int()
      .min(1)
      .max(10_000)
      .default(200)
      .describe('data keys that a replica wraps anew in a second, at most'),
    SWEEP_INTERVAL_SECONDS: z.coerce
      .number()
      .int()
      .min(1)
      .max(3600)
      .default(30)
      .describe('how long the key material of an expired secret may outlive it'),
  })
  .superRefine((env, context) => {
    checkGrpcTls(env, [env.HOST], context);
    const refuse = (path: string, message: string): void => context.addIssue({ code: 'custom', path: [path], message });
    const { MASTER_KEY_FILE: file, MASTER_KEY_URI: uri } = env;
    if (file === undefined && uri === undefined) refuse('MASTER_KEY_FILE', 'is required, unless there is a MASTER_KEY_URI');
    if (file !== undefined && uri !== undefined) refuse('MASTER_KEY_URI', 'is set beside MASTER_KEY_FILE: one key wraps');
    if (env.HOOKWRIGHT_PROFILE !== 'production') return;
    for (const name of ['TRANSIT_ADDRESS', 'AWS_KMS_ENDPOINT', 'GCP_KMS_ENDPOINT'] as const) {
      // An agent of HashiCorp Vault listens on loopback, often without TLS.
      if (env[name] !== undefined && !isPrivate(env[name])) refuse(name, 'must be https in the production profile, but on this machine');
    }
  });

export type VaultEnv = z.infer<typeof vaultEnv>;

function isKeyUri(text: string): boolean {
  return parseKeyUri(text) !== undefined;
}

/** `http(s)://host[:port]`. */
function origin(): z.ZodString {
  const isOrigin = (text: string): boolean => /^https?:\/\/[^/?#@]+\/?$/.test(text) && URL.canParse(text);
  return z.string().refine(isOrigin, { error: 'must be http(s)://host[:port]', abort: true });
}

function isPrivate(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || ['127.0.0.1', '[::1]', 'localhost'].includes(hostname);
}
