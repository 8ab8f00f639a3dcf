import type { AddressInfo } from 'node:net';
import { type DescService, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';
import { type UntypedHandleCall, type UntypedServiceImplementation, type handleUnaryCall, Server, ServerCredentials } from '@grpc/grpc-js';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DeliveryService, RegistryService, VaultService } from '@hookwright/contracts';
import { asProblem, createLogger, createServiceApp, packageDefinition, parseEnv, statusOfProblem } from '@hookwright/runtime';
import { SCOPES } from '../access/scopes.ts';
import { ApiKeys } from '../api-keys/api-keys.ts';
import { gatewayEnv } from '../env.ts';
import { partnerId } from './samples.ts';
import { gatewayService } from '../gateway.ts';

/** What a stand-in answers; a method without an entry fails as a bug would. */
export type Handlers<Service extends DescService> = {
  [Method in keyof Service['method']]?: (
    request: MessageShape<Service['method'][Method]['input']>,
  ) => MessageInitShape<Service['method'][Method]['output']> | Promise<MessageInitShape<Service['method'][Method]['output']>>;
};

export interface StandIn<Service extends DescService> {
  readonly address: string;
  /** May be changed between tests. */
  handlers: Handlers<Service>;
  stop(): void;
}

/** A gRPC server that answers what a test says: for what the real service does only when something is wrong. */
export async function startStandIn<Service extends DescService>(service: Service, port = 0): Promise<StandIn<Service>> {
  const server = new Server();
  const definition = packageDefinition(service)[service.typeName] ?? {};
  const standIn: StandIn<Service> = { address: '', handlers: {}, stop: () => server.forceShutdown() };
  const implementation: UntypedServiceImplementation = {};
  for (const method of service.methods) {
    const answer: handleUnaryCall<never, object> = (call, callback) => {
      const handler = standIn.handlers[method.localName as keyof Handlers<Service>];
      Promise.resolve()
        .then(() => handler?.(call.request) ?? Promise.reject(new Error(`nobody expected ${method.name}`)))
        .then((response) => callback(null, response))
        .catch((error: unknown) => callback(statusOfProblem(asProblem(error))));
    };
    implementation[method.name] = answer as UntypedHandleCall;
  }
  server.addService(definition, implementation);
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, at) =>
      error === null ? resolve(at) : reject(error),
    );
  });
  return Object.assign(standIn, { address: `127.0.0.1:${bound}` });
}

export interface Gateway {
  readonly app: NestFastifyApplication;
  readonly url: string;
  readonly registry: StandIn<typeof RegistryService>;
  readonly vault: StandIn<typeof VaultService>;
  readonly deliveryLog: StandIn<typeof DeliveryService>;
  /** Whatever the stand-ins are asked from now on fails, until a test says what they answer. */
  expectNothing(): void;
  stop(): Promise<void>;
}

/** Not where it listens: behind whatever ends TLS. */
export const PUBLIC_URL = 'https://hooks.example';
export const OPERATOR_TOKEN = 'hw_operator_of_the_specs_0123456789';

/** The gateway as it runs in production, on a free port, with stand-ins behind it. */
export async function startGateway(stores: { databaseUrl: string; redisUrl: string }, env: Record<string, string> = {}): Promise<Gateway> {
  const [registry, vault, deliveryLog] = await Promise.all([
    startStandIn(RegistryService),
    startStandIn(VaultService),
    startStandIn(DeliveryService),
  ]);
  const parsed = parseEnv(gatewayEnv, {
    HTTP_PORT: '0',
    HOOKWRIGHT_PROFILE: 'production',
    DATABASE_URL: stores.databaseUrl,
    REDIS_URL: stores.redisUrl,
    REGISTRY_ADDRESS: registry.address,
    VAULT_ADDRESS: vault.address,
    DELIVERY_ADDRESS: deliveryLog.address,
    GRPC_TLS: 'off',
    OPERATOR_TOKEN,
    PUBLIC_URL,
    RATE_LIMIT_PER_MINUTE: '100000',
    WRONG_CREDENTIALS_PER_MINUTE: '100000',
    ...env,
  });
  if (!parsed.ok) throw new Error(parsed.faults.join('; '));
  const app = await createServiceApp(gatewayService(parsed.env, createLogger('gateway', env['LOG_LEVEL'] ?? 'silent')));
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  const expectNothing = (): void => {
    registry.handlers = {};
    vault.handlers = {};
    deliveryLog.handlers = {};
  };
  const stop = async (): Promise<void> => {
    await app.close();
    for (const standIn of [registry, vault, deliveryLog]) standIn.stop();
  };
  return { app, url: `http://127.0.0.1:${port}`, registry, vault, deliveryLog, expectNothing, stop };
}

/** A key of the sample partner's. Fails while the pool's first connection takes longer than a caller waits for it. */
export async function newKey(gateway: Gateway, scopes: readonly string[] = SCOPES, mode: 'live' | 'test' = 'live'): Promise<string> {
  const [created] = await gateway.app.get(ApiKeys).create(partnerId, [mode], scopes);
  if (created === undefined) throw new Error('no key was made');
  return created.key;
}

export interface Call {
  readonly key?: string | undefined;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

/** One request; a body that is neither text nor bytes is sent as JSON. */
export async function call(gateway: Gateway, route: string, request: Call = {}): Promise<Answered> {
  return await callUrl(gateway.url, route, request);
}

export async function callUrl(url: string, route: string, { key, body, headers = {} }: Call = {}): Promise<Answered> {
  const [method = 'GET', path = ''] = route.split(' ');
  const response = await fetch(new URL(path, url), {
    method,
    headers: {
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  return { status: response.status, headers: response.headers, body: isJson ? (JSON.parse(text) as Record<string, unknown>) : { text } };
}
