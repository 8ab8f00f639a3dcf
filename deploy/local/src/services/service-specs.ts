import path from 'node:path';
import type { ProcessSpec } from '../process/managed-process.ts';
import type { Ports } from '../ports.ts';
import { NODE, ROOT } from '../root.ts';
import { serviceReady } from './ready.ts';

export const SERVICE_NAMES = ['registry', 'vault', 'ingest', 'delivery', 'gateway'] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];

export const OPERATOR_TOKEN = 'hw_operator_demo';

export interface Stack {
  readonly ports: Ports;
  /** `host:port`, comma-separated. */
  readonly kafkaBrokers: string;
  /** Any database of the server that has the services' databases. */
  readonly postgresUrl: string;
  readonly redisUrl: string;
  readonly masterKeyFile: string;
  readonly logDirectory: string;
  /** Production's egress policy instead of one that lets endpoints of this machine pass. */
  readonly strictEgress?: boolean;
  /** What the services inherit; default process.env. */
  readonly env?: NodeJS.ProcessEnv;
  /** Further variables by service; they win. */
  readonly overrides?: Partial<Record<ServiceName, Readonly<Record<string, string>>>>;
}

const READY_TIMEOUT_MS = 60_000;
const GRACE_SECONDS = 15;
// Ten times what a service needs. Without a bound V8 lets as much garbage lie as a large machine has room for: 60 MB more of a busy worker; with
// half of this one collecting costs a fifth of a delivery.
const NODE_FLAGS = ['--max-old-space-size=768'];
const DEVELOPMENT_EGRESS = { EGRESS_ALLOW_NETWORKS: '127.0.0.0/8,::1/128', EGRESS_ALLOW_HTTP: 'true', EGRESS_ALLOW_PORTS: '*' };

/** One built service as a process of the development profile, on the stack's ports and stores. */
export function serviceSpec(name: ServiceName, stack: Stack): ProcessSpec {
  const { httpPort, env } = settingsOf(name, stack);
  return {
    name,
    command: [NODE, `--title=hookwright-${name}`, ...NODE_FLAGS, `apps/${name}/dist/main.js`],
    cwd: ROOT,
    env: { ...baseEnvironment(stack), HTTP_PORT: String(httpPort), ...env, ...stack.overrides?.[name] },
    logFile: path.join(stack.logDirectory, `${name}.log`),
    ipc: true,
    stopSignal: 'SIGTERM',
    // The service cuts itself off after its grace; this is for one that hangs.
    stopTimeoutMs: (GRACE_SECONDS + 5) * 1000,
    readyTimeoutMs: READY_TIMEOUT_MS,
    ready: () => serviceReady(`http://127.0.0.1:${httpPort}`),
  };
}

/** Where each service answers /health, as the gateway's SYSTEM_HEALTH_URLS wants it; the gateway knows itself. */
export function healthUrls(ports: Ports): Readonly<Record<Exclude<ServiceName, 'gateway'>, string>> {
  const at = (port: number): string => `http://127.0.0.1:${port}`;
  return {
    registry: at(ports.REGISTRY_HTTP_PORT),
    vault: at(ports.VAULT_HTTP_PORT),
    ingest: at(ports.INGEST_HTTP_PORT),
    delivery: at(ports.DELIVERY_HTTP_PORT),
  };
}

/** The URL of a service's database on the stack's server. */
export function databaseUrl(postgresUrl: string, name: string): string {
  const url = new URL(postgresUrl);
  url.pathname = `/hookwright_${name}`;
  return url.href;
}

interface ServiceSettings {
  readonly httpPort: number;
  readonly env: NodeJS.ProcessEnv;
}

function settingsOf(name: ServiceName, stack: Stack): ServiceSettings {
  const { ports } = stack;
  const DATABASE_URL = databaseUrl(stack.postgresUrl, name);
  switch (name) {
    case 'gateway':
      return { httpPort: ports.GATEWAY_PORT, env: { DATABASE_URL, ...gatewayEnvironment(stack) } };
    case 'registry':
      return {
        httpPort: ports.REGISTRY_HTTP_PORT,
        env: { DATABASE_URL, GRPC_PORT: String(ports.REGISTRY_GRPC_PORT), ...verification(stack) },
      };
    case 'vault': {
      const env = { DATABASE_URL, GRPC_PORT: String(ports.VAULT_GRPC_PORT), MASTER_KEY_FILE: stack.masterKeyFile };
      return { httpPort: ports.VAULT_HTTP_PORT, env };
    }
    case 'ingest':
      return { httpPort: ports.INGEST_HTTP_PORT, env: {} };
    case 'delivery': {
      const env = { DATABASE_URL, GRPC_PORT: String(ports.DELIVERY_GRPC_PORT), VAULT_ADDRESS: local(ports.VAULT_GRPC_PORT) };
      return { httpPort: ports.DELIVERY_HTTP_PORT, env };
    }
  }
}

function gatewayEnvironment({ ports, env = process.env }: Stack): NodeJS.ProcessEnv {
  return {
    REGISTRY_ADDRESS: local(ports.REGISTRY_GRPC_PORT),
    VAULT_ADDRESS: local(ports.VAULT_GRPC_PORT),
    DELIVERY_ADDRESS: local(ports.DELIVERY_GRPC_PORT),
    PUBLIC_URL: `http://127.0.0.1:${ports.GATEWAY_PORT}`,
    MERCHANT_LOGIN: 'demo',
    OPERATOR_TOKEN,
    DEMO_KEYS: 'on',
    RATE_LIMIT_PER_MINUTE: env['RATE_LIMIT_PER_MINUTE'] ?? '60000',
    WRONG_CREDENTIALS_PER_MINUTE: env['WRONG_CREDENTIALS_PER_MINUTE'] ?? '60000',
    SYSTEM_HEALTH_URLS: Object.entries(healthUrls(ports))
      .map(([name, url]) => `${name}=${url}`)
      .join(','),
  };
}

function verification({ env = process.env }: Stack): NodeJS.ProcessEnv {
  return { ENDPOINT_VERIFICATION: env['ENDPOINT_VERIFICATION'] ?? 'off' };
}

function baseEnvironment({ env = process.env, strictEgress = false, kafkaBrokers, redisUrl }: Stack): NodeJS.ProcessEnv {
  const inherited = { ...env };
  // Jest's flags are not the services' flags.
  delete inherited['NODE_OPTIONS'];
  if (strictEgress) for (const name of Object.keys(DEVELOPMENT_EGRESS)) Reflect.deleteProperty(inherited, name);
  return {
    ...(strictEgress ? {} : DEVELOPMENT_EGRESS),
    ...inherited,
    HOST: '127.0.0.1',
    KAFKA_BROKERS: kafkaBrokers,
    REDIS_URL: redisUrl,
    HOOKWRIGHT_PROFILE: 'development',
    SHUTDOWN_GRACE_SECONDS: String(GRACE_SECONDS),
  };
}

function local(port: number): string {
  return `127.0.0.1:${port}`;
}
