import { type DynamicModule, Inject, Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { KafkaBatchServer, KafkaProducer, createKafka } from '@hookwright/kafka';
import { LOGGER, type Logger, Readiness } from '@hookwright/runtime';
import type { Kafka } from 'kafkajs';
import type { IngestEnv } from './env.ts';
import { FAN_OUT_CHANNEL, FanOutConsumer } from './fan-out.consumer.ts';
import { topicsToRead } from './merchant-topics.ts';
import { Tables } from './tables/tables.ts';

const GROUP = 'hookwright.ingest';
const KAFKA = Symbol('kafka');
// Bounds what one look at a partition keeps in memory and how long it keeps the event loop: 500 events of 1 KB are about 20 ms.
const MAX_BATCH = 500;

@Module({})
export class AppModule implements OnModuleInit, OnApplicationShutdown {
  constructor(
    @Inject(Readiness) private readonly readiness: Readiness,
    @Inject(Tables) private readonly tables: Tables,
    @Inject(KafkaProducer) private readonly producer: KafkaProducer,
    @Inject(KafkaBatchServer) private readonly server: KafkaBatchServer,
  ) {}

  static with(env: IngestEnv): DynamicModule {
    return {
      module: AppModule,
      controllers: [FanOutConsumer],
      providers: [
        {
          provide: KAFKA,
          inject: [LOGGER],
          useFactory: (logger: Logger) => createKafka({ clientId: 'hookwright-ingest', brokers: env.KAFKA_BROKERS, logger }),
        },
        { provide: Tables, inject: [KAFKA, LOGGER], useFactory: (kafka: Kafka, logger: Logger) => new Tables(kafka, logger) },
        { provide: KafkaProducer, inject: [KAFKA], useFactory: (kafka: Kafka) => new KafkaProducer(kafka) },
        { provide: KafkaBatchServer, inject: [KAFKA, LOGGER, Tables], useFactory: batchServer(env) },
      ],
    };
  }

  onModuleInit(): void {
    this.tables.start(this.readiness);
    this.readiness.add('consumer', () => this.server.consumer.check());
    this.readiness.add('producer', () => this.producer.check());
    this.producer.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.producer.close(), this.tables.stop()]);
  }
}

function batchServer(env: IngestEnv) {
  return (kafka: Kafka, logger: Logger, tables: Tables): KafkaBatchServer =>
    new KafkaBatchServer({
      channel: FAN_OUT_CHANNEL,
      kafka,
      logger,
      groupId: GROUP,
      topics: () => topicsToRead(kafka, env.MERCHANT_TOPICS),
      after: () => tables.loaded,
      maxBatch: MAX_BATCH,
      timing: { newTopicsEveryMs: env.TOPIC_DISCOVERY_SECONDS * 1000 },
    });
}
