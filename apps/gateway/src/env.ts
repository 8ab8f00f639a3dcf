import { z } from 'zod';
import { hostPort, list, onOff, serviceEnv } from '@hookwright/runtime';

/** Injection token of the gateway's environment. */
export const ENV = Symbol('env');

/** What the development profile's operator uses; known to everybody. */
export const DEMO_OPERATOR_TOKEN = 'hw_operator_demo';

const PRODUCTION_TOKEN_LENGTH = 32;

export const gatewayEnv = serviceEnv
  .extend({
    DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).describe('own database'),
    REDIS_URL: z.url({ protocol: /^rediss?$/ }).describe('rate limits; nothing that may not vanish'),
    REGISTRY_ADDRESS: hostPort().describe('gRPC'),
    VAULT_ADDRESS: hostPort().describe('gRPC'),
    DELIVERY_ADDRESS: hostPort().describe('gRPC'),
    OPERATOR_TOKEN: z.string().min(16, 'must have at least 16 characters').describe('opens /v1/operator'),
    RATE_LIMIT_PER_MINUTE: z.coerce.number().int().min(1).max(10_000_000).default(600).describe('requests a minute and API key'),
    SYSTEM_HEALTH_URLS: list()
      .default([])
      .transform((items) => items.map(serviceUrl))
      .refine((services) => services.every(({ name, url }) => name !== '' && URL.canParse(url)), 'must be a list of name=url')
      .describe('what /health/system asks: name=url,…'),
    DEMO_KEYS: onOff().default(false).describe('seeds hw_live_demo and hw_test_demo of the partner par_demo'),
  })
  .superRefine((env, context) => {
    if (env.HOOKWRIGHT_PROFILE !== 'production') return;
    const refuse = (path: string, message: string): void => context.addIssue({ code: 'custom', path: [path], message });
    if (env.DEMO_KEYS) refuse('DEMO_KEYS', 'must be off in the production profile: everybody knows these keys');
    if (env.OPERATOR_TOKEN === DEMO_OPERATOR_TOKEN) refuse('OPERATOR_TOKEN', 'is the demo token, which everybody knows');
    else if (env.OPERATOR_TOKEN.length < PRODUCTION_TOKEN_LENGTH)
      refuse('OPERATOR_TOKEN', `must have at least ${PRODUCTION_TOKEN_LENGTH} characters in the production profile`);
  });

export type GatewayEnv = z.infer<typeof gatewayEnv>;

export interface ServiceUrl {
  readonly name: string;
  readonly url: string;
}

function serviceUrl(item: string): ServiceUrl {
  const at = item.indexOf('=');
  return { name: item.slice(0, at), url: item.slice(at + 1) };
}
