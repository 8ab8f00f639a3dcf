import { KafkaBatchServer, createKafka } from '@hookwright/kafka';
import { type GrpcCredentials, LOGGER, type Logger, Readiness } from '@hookwright/runtime';
import { type DynamicModule, Inject, Module, type OnApplicationShutdown, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { Kafka } from 'kafkajs';
import pg from 'pg';
import { DELIVERIES, DeliveryConsumer } from './consumer/delivery.consumer.ts';
import type { DeliveryEnv } from './env.ts';
import { MerchantErasuresController } from './erasure/merchant-erasures.controller.ts';
import { MerchantErasures } from './erasure/merchant-erasures.ts';
import { openLogPool, openReadPool } from './log/database.ts';
import { measureHoldings } from './metrics.ts';
import { DeliveriesController } from './reads/deliveries.controller.ts';
import { DeliveriesRepository } from './reads/deliveries.repository.ts';
import { DeliveriesService, MAX_ATTEMPTS } from './reads/deliveries.service.ts';
import { HealthController } from './reads/health.controller.ts';
import { HealthRepository } from './reads/health.repository.ts';
import { BREAKERS, HealthService } from './reads/health.service.ts';
import { WORKER_TOPICS } from './worker-topics.ts';
import { Worker } from './worker.ts';

const GROUP = 'hookwright.delivery';
const KAFKA = Symbol('kafka');
const READ_POOL = Symbol('read pool');
// 32 messages of up to 64 apps are at most 2,048 deliveries: what one batch may exceed the worker's bound by.
const MAX_BATCH = 32;

@Module({})
export class AppModule implements OnModuleInit, OnModuleDestroy, OnApplicationShutdown {
  constructor(
    @Inject(Readiness) private readonly readiness: Readiness,
    @Inject(Worker) private readonly worker: Worker,
    @Inject(KafkaBatchServer) private readonly server: KafkaBatchServer,
    @Inject(DeliveriesRepository) private readonly repository: DeliveriesRepository,
    @Inject(pg.Pool) private readonly pool: pg.Pool,
    @Inject(READ_POOL) private readonly readPool: pg.Pool,
  ) {}

  static with(env: DeliveryEnv, logger: Logger, credentials: GrpcCredentials): DynamicModule {
    const kafka = createKafka({ clientId: 'hookwright-delivery', brokers: env.KAFKA_BROKERS, logger });
    const pool = openLogPool({ url: env.DATABASE_URL, connections: env.DATABASE_CONNECTIONS, logger });
    const readPool = openReadPool({ url: env.DATABASE_URL, logger });
    return {
      module: AppModule,
      controllers: [DeliveryConsumer, DeliveriesController, HealthController, MerchantErasuresController],
      providers: [
        { provide: KAFKA, useValue: kafka },
        { provide: pg.Pool, useValue: pool },
        { provide: READ_POOL, useValue: readPool },
        { provide: Worker, useFactory: () => new Worker({ env, logger, kafka, pool, vaultCredentials: credentials.channel }) },
        { provide: KafkaBatchServer, inject: [KAFKA, LOGGER, Worker], useFactory: batchServer },
        { provide: DeliveriesRepository, useFactory: () => new DeliveriesRepository(readPool) },
        { provide: MAX_ATTEMPTS, useValue: env.RETRY_SCHEDULE_SECONDS.length + 1 },
        DeliveriesService,
        { provide: HealthRepository, useFactory: () => new HealthRepository(readPool) },
        { provide: BREAKERS, inject: [Worker], useFactory: (worker: Worker) => worker.breakers },
        HealthService,
        { provide: MerchantErasures, useFactory: () => new MerchantErasures({ pool, databaseUrl: env.DATABASE_URL, logger }) },
      ],
    };
  }

  onModuleInit(): void {
    for (const [name, check] of this.worker.checks) this.readiness.add(name, check);
    this.readiness.addHint('redis', () => this.worker.checkRedis());
    this.readiness.add('consumer', () => this.server.consumer.check());
    measureHoldings(() => this.worker.holdings);
  }

  /** Before the consumer closes: it waits for what is in work, and what has not begun must not keep it. */
  async onModuleDestroy(): Promise<void> {
    await this.worker.drain();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.worker.close();
    await this.repository.close();
    await Promise.all([this.pool.end(), this.readPool.end()]);
  }
}

function batchServer(kafka: Kafka, logger: Logger, worker: Worker): KafkaBatchServer {
  return new KafkaBatchServer({
    channel: DELIVERIES,
    kafka,
    logger,
    groupId: GROUP,
    topics: () => [WORKER_TOPICS.deliveries],
    after: () => worker.start(),
    room: (signal) => worker.room(signal),
    maxBatch: MAX_BATCH,
  });
}
