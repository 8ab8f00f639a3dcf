import { isIP } from 'node:net';
import { z } from 'zod';
import { checkGrpcTls, grpcTlsEnv, hostPort, list, onOff, serviceEnv } from '@hookwright/runtime';

/** Injection token of the gateway's environment. */
export const ENV = Symbol('env');

/** What the development profile's operator uses; known to everybody. */
export const DEMO_OPERATOR_TOKEN = 'hw_operator_demo';

const PRODUCTION_TOKEN_LENGTH = 32;
const DAY = 24 * 3600;

export const gatewayEnv = serviceEnv
  .extend({
    DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).describe('own database'),
    REDIS_URL: z.url({ protocol: /^rediss?$/ }).describe('rate limits, installations under way; nothing that may not vanish'),
    REGISTRY_ADDRESS: hostPort().describe('gRPC'),
    VAULT_ADDRESS: hostPort().describe('gRPC'),
    DELIVERY_ADDRESS: hostPort().describe('gRPC'),
    ...grpcTlsEnv,
    OPERATOR_TOKEN: z.string().min(16, 'must have at least 16 characters').describe('opens /v1/operator'),
    PUBLIC_URL: z
      .string()
      .refine(isOrigin, 'must be an origin, e.g. https://hooks.example, and no more')
      .transform((url) => new URL(url).origin)
      .describe('where browsers and apps reach the gateway; the issuer of its tokens'),
    TRUST_PROXY: list()
      .default([])
      .refine((items) => items.every(isNetwork), 'must be a list of addresses and networks')
      .describe('load balancers whose X-Forwarded-For is believed'),
    ACCESS_TOKEN_SECONDS: z.coerce.number().int().min(1).max(DAY).default(3600).describe('life of an access token'),
    REFRESH_TOKEN_SECONDS: z.coerce
      .number()
      .int()
      .min(60)
      .max(365 * DAY)
      .default(90 * DAY)
      .describe('how long a refresh token may lie unused'),
    AUTHORIZATION_CODE_SECONDS: z.coerce
      .number()
      .int()
      .min(1)
      .max(600)
      .default(60)
      .describe('from the consent to the exchange of its code'),
    INTROSPECTION_SECRET: z
      .string()
      .min(PRODUCTION_TOKEN_LENGTH, `must have at least ${PRODUCTION_TOKEN_LENGTH} characters`)
      .optional()
      .describe("opens POST /oauth/introspect for every token, to the platform's own services"),
    MERCHANT_LOGIN: z.enum(['off', 'demo']).default('off').describe('demo: a page where everybody may be any merchant'),
    RATE_LIMIT_PER_MINUTE: z.coerce.number().int().min(1).max(10_000_000).default(600).describe('requests a minute and API key'),
    WRONG_CREDENTIALS_PER_MINUTE: z.coerce
      .number()
      .int()
      .min(1)
      .max(10_000_000)
      .default(20)
      .describe('the wrong credential of one address within a minute from which on the answer is 429'),
    SYSTEM_HEALTH_URLS: list()
      .default([])
      .transform((items) => items.map(serviceUrl))
      .refine((services) => services.every(({ name, url }) => name !== '' && URL.canParse(url)), 'must be a list of name=url')
      .describe('what /health/system asks: name=url,…'),
    DEMO_KEYS: onOff().default(false).describe('seeds hw_live_demo and hw_test_demo of the partner par_demo'),
  })
  .superRefine((env, context) => {
    checkGrpcTls(env, [env.REGISTRY_ADDRESS, env.VAULT_ADDRESS, env.DELIVERY_ADDRESS], context);
    if (env.HOOKWRIGHT_PROFILE !== 'production') return;
    const refuse = (path: string, message: string): void => context.addIssue({ code: 'custom', path: [path], message });
    if (!env.PUBLIC_URL.startsWith('https:')) refuse('PUBLIC_URL', 'must be https in the production profile');
    if (env.MERCHANT_LOGIN === 'demo') refuse('MERCHANT_LOGIN', 'must not be demo in the production profile: it lets everybody in');
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

function isOrigin(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`;
}

function isNetwork(item: string): boolean {
  const [address = '', bits = '0', ...rest] = item.split('/');
  return rest.length === 0 && isIP(address) !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (isIP(address) === 4 ? 32 : 128);
}

function serviceUrl(item: string): ServiceUrl {
  const at = item.indexOf('=');
  return { name: item.slice(0, at), url: item.slice(at + 1) };
}
