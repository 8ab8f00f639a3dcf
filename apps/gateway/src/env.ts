import { isIP } from 'node:net';
import { z } from 'zod';
import { checkGrpcTls, grpcTlsEnv, hostPort, list, onOff, serviceEnv } from '@hookwright/runtime';
import { line } from './validation/fields.ts';

/** Injection token of the gateway's environment. */
export const ENV = Symbol('env');

/** What the development profile's operator uses; known to everybody. */
export const DEMO_OPERATOR_TOKEN = 'hw_operator_demo';

const PRODUCTION_TOKEN_LENGTH = 32;
const OF_ISSUER = ['MERCHANT_LOGIN_ISSUER', 'MERCHANT_LOGIN_CLIENT_ID', 'MERCHANT_LOGIN_CLIENT_SECRET_FILE'] as const;
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
      .refine(isOrigin, { error: 'must be an origin, e.g. https://hooks.example, and no more', abort: true })
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
    MERCHANT_LOGIN: z
      .enum(['off', 'demo', 'oidc'])
      .default('off')
      .describe("oidc: at the host platform's issuer; demo: a page where everybody may be any merchant"),
    MERCHANT_LOGIN_ISSUER: z
      .string()
      .refine(isIssuer, { error: 'must be the URL of an OpenID Connect issuer, without query and fragment', abort: true })
      .optional()
      .describe("the host platform's"),
    MERCHANT_LOGIN_CLIENT_ID: line(255).optional().describe("the gateway's name at the issuer"),
    MERCHANT_LOGIN_CLIENT_SECRET_FILE: z.string().min(1).optional().describe('file with its secret there'),
    MERCHANT_LOGIN_SCOPES: z
      .string()
      .regex(/^[\x21-\x7e]+( [\x21-\x7e]+)*$/, 'must be scopes with one space between')
      .refine((scopes) => scopes.split(' ').includes('openid'), 'must name openid: without it there is no ID token')
      .default('openid')
      .describe('what the issuer is asked for'),
    MERCHANT_ID_CLAIM: line(200).default('merchant_id').describe('where in the ID token the id of the merchant is'),
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
    const refuse = (path: string, message: string): void => context.addIssue({ code: 'custom', path: [path], message });
    if (env.MERCHANT_LOGIN === 'oidc') {
      for (const name of OF_ISSUER) if (env[name] === undefined) refuse(name, 'is required with MERCHANT_LOGIN=oidc');
    }
    if (env.HOOKWRIGHT_PROFILE !== 'production') return;
    if (!env.PUBLIC_URL.startsWith('https:')) refuse('PUBLIC_URL', 'must be https in the production profile');
    if (env.MERCHANT_LOGIN === 'demo') refuse('MERCHANT_LOGIN', 'must not be demo in the production profile: it lets everybody in');
    if (env.MERCHANT_LOGIN_ISSUER?.startsWith('https:') === false)
      refuse('MERCHANT_LOGIN_ISSUER', 'must be https in the production profile');
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

/** The host platform's issuer, and what the gateway is there. */
export interface IssuerOptions {
  readonly issuer: string;
  readonly clientId: string;
  readonly secretFile: string;
}

/** Undefined unless merchants log in there (MERCHANT_LOGIN=oidc). */
export function issuerOptions(env: GatewayEnv): IssuerOptions | undefined {
  const { MERCHANT_LOGIN_ISSUER: issuer, MERCHANT_LOGIN_CLIENT_ID: clientId, MERCHANT_LOGIN_CLIENT_SECRET_FILE: secretFile } = env;
  if (env.MERCHANT_LOGIN !== 'oidc' || issuer === undefined || clientId === undefined || secretFile === undefined) return undefined;
  return { issuer, clientId, secretFile };
}

function isOrigin(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`;
}

/** OpenID Connect Discovery 1.0, 3. From an address of its metadata nobody could tell whose they have to be. */
function isIssuer(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || /[?#]/.test(text)) return false;
  return url.username === '' && url.password === '' && !url.pathname.includes('/.well-known/');
}

function isNetwork(item: string): boolean {
  const [address = '', bits = '0', ...rest] = item.split('/');
  return rest.length === 0 && isIP(address) !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (isIP(address) === 4 ? 32 : 128);
}

function serviceUrl(item: string): ServiceUrl {
  const at = item.indexOf('=');
  return { name: item.slice(0, at), url: item.slice(at + 1) };
}
