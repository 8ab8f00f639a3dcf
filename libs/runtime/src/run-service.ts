import type { DescService } from '@bufbuild/protobuf';
import type { DynamicModule, ExceptionFilter, INestApplication, NestInterceptor, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  type CustomTransportStrategy,
  type GrpcOptions,
  type MicroserviceOptions,
  type NestMicroservice,
  Transport,
} from '@nestjs/microservices';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyServerOptions } from 'fastify';
import { Logger as NestLogger } from 'nestjs-pino';
import type { Logger } from 'pino';
import { collectDefaultMetrics } from 'prom-client';
import type { z } from 'zod';
import { newId } from '@hookwright/contracts';
import { type serviceEnv, shownEnv } from './env.ts';
import { ActorInterceptor } from './grpc/actor.ts';
import { type Callers, admitOnly } from './grpc/callers.ts';
import { type GrpcCredentials, PLAIN } from './grpc/grpc-credentials.ts';
import { packageDefinition } from './grpc/package-definition.ts';
import { ProblemRpcFilter } from './grpc/problem-rpc.filter.ts';
import { RethrowFilter } from './rethrow.filter.ts';
import { ServiceModule } from './service.module.ts';

export interface Service {
  /** As in the process title: `hookwright-<name>`. */
  readonly name: string;
  readonly module: Type | DynamicModule;
  readonly env: z.infer<typeof serviceEnv>;
  readonly logger: Logger;
  readonly grpc?: ServedGrpc;
  /** What brings work in from elsewhere, e.g. batches from Kafka. */
  readonly strategies?: (app: INestApplication) => CustomTransportStrategy[];
  readonly fastify?: FastifyServerOptions;
  /** The last touch before the servers listen. */
  readonly configure?: (app: NestFastifyApplication) => void | Promise<void>;
}

export interface ServedGrpc {
  readonly service: DescService;
  readonly port: number;
  readonly credentials: GrpcCredentials;
  /** Held against callers' certificates; without TLS nobody knows who calls. */
  readonly callers: Callers;
}

// An outbound call's answer fits easily; the gateway sets its own limit.
const DEFAULT_BODY_LIMIT = 65_536;
const SWEEP_MS = 50;

// A certificate is judged when its connection is made: one that ran out, or was replaced, opens nothing an hour later.
const TLS_CONNECTION_AGE = { 'grpc.max_connection_age_ms': 3_600_000 };

/**
 * Runs one service until SIGTERM, SIGINT or its parent's end, then shuts down in order: work stops coming in and is finished
 * (onModuleDestroy, then servers and strategies close), resources close last (onApplicationShutdown). Ends the process.
 */
export async function runService(service: Service): Promise<void> {
  const { name, env, logger } = service;
  logger.info({ env: shownEnv(env) }, `${name}.configured`);
  collectDefaultMetrics();
  exitOnBug(logger);
  const app = await createServiceApp(service);
  closeOnSignal(app, service);
  connectMicroservices(app, service);
  // The health endpoints must answer while the service still waits for its stores.
  await app.listen(env.HTTP_PORT, env.HOST);
  await app.startAllMicroservices();
  logger.info({ profile: env.HOOKWRIGHT_PROFILE, http_port: env.HTTP_PORT, grpc_port: service.grpc?.port }, `${name}.started`);
}

/** The service's application, configured and not listening yet. Specs run it inside their own process. */
export async function createServiceApp(
  service: Pick<Service, 'module' | 'logger' | 'fastify' | 'configure'>,
): Promise<NestFastifyApplication> {
  const { module, logger, fastify, configure } = service;
  const adapter = new FastifyAdapter({ bodyLimit: DEFAULT_BODY_LIMIT, genReqId: () => newId('req'), ...fastify });
  const app = await NestFactory.create<NestFastifyApplication>(ServiceModule.around(module, logger), adapter, { bufferLogs: true });
  app.useLogger(app.get(NestLogger));
  app.flushLogs();
  await configure?.(app);
  return app;
}

function connectMicroservices(app: NestFastifyApplication, { grpc, strategies, env, logger }: Service): void {
  if (grpc !== undefined) connect(app, grpcOptions(grpc, env.HOST, logger), new ProblemRpcFilter(logger), new ActorInterceptor());
  for (const strategy of strategies?.(app) ?? []) connect(app, { strategy }, new RethrowFilter());
}

function grpcOptions({ service, port, credentials, callers }: ServedGrpc, host: string, logger: Logger): GrpcOptions {
  const isPlain = credentials === PLAIN;
  return {
    transport: Transport.GRPC,
    options: {
      url: `${host}:${port}`,
      package: service.file.proto.package,
      packageDefinition: packageDefinition(service),
      credentials: isPlain ? PLAIN.server : admitOnly(credentials.server, { service, callers, logger }),
      channelOptions: isPlain ? {} : TLS_CONNECTION_AGE,
      // Calls in work are answered before the server closes; the grace period bounds them.
      gracefulShutdown: true,
    },
  };
}

/** Deferred: filters that come after the initialisation are ignored. The hooks are called once, by app.listen(). */
function connect(
  app: NestFastifyApplication,
  options: MicroserviceOptions,
  filter: ExceptionFilter,
  ...interceptors: NestInterceptor[]
): void {
  const microservice = app.connectMicroservice(options, { deferInitialization: true }) as NestMicroservice;
  microservice.useGlobalFilters(filter);
  microservice.useGlobalInterceptors(...interceptors);
  microservice.setIsInitHookCalled(true);
}

function closeOnSignal(app: NestFastifyApplication, { name, env, logger }: Service): void {
  let closing = false;
  const close = (reason: string): void => {
    if (closing) return;
    closing = true;
    logger.info({ reason }, `${name}.stopping`);
    setTimeout(() => exit(1, `${name}.stop_cut_off`), env.SHUTDOWN_GRACE_SECONDS * 1000).unref();
    // Node closes the connections that are idle now; one that has an answer under way would be kept for its next request, and awaited.
    setInterval(() => app.getHttpServer().closeIdleConnections(), SWEEP_MS).unref();
    app.close().then(
      () => exit(0, `${name}.stopped`),
      (error: unknown) => {
        logger.error({ err: error }, `${name}.stop_failed`);
        process.exit(1);
      },
    );
  };
  const exit = (code: number, message: string): void => {
    logger.info(message);
    process.exit(code);
  };
  process.on('SIGTERM', close);
  process.on('SIGINT', close);
  // Started with an IPC channel by a parent: when the parent is gone, nothing would ever stop this process.
  process.on('disconnect', () => close('parent gone'));
}

/** A bug nobody caught leaves an unknown state behind: end, and let whoever supervises start afresh. */
function exitOnBug(logger: Logger): void {
  const exit = (error: unknown): void => {
    logger.fatal({ err: error }, 'process.bug');
    process.exit(70);
  };
  process.on('uncaughtException', exit);
  process.on('unhandledRejection', (error) => {
    // kafkajs has promises that nobody awaits, e.g. while it disconnects from a broker that is away: no reason to end.
    if (error instanceof Error && error.name.startsWith('KafkaJS')) logger.warn({ err: error }, 'kafka.unhandled_rejection');
    else exit(error);
  });
}
