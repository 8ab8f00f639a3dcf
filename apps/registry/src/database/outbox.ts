import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { createKafka, KafkaProducer } from '@hookwright/kafka';
import { killBeforePublishing, type OutboxMessage, OutboxRelay, outboxRow } from '@hookwright/outbox';
import { type Logger, LOGGER, Readiness } from '@hookwright/runtime';
import type { Kafka } from 'kafkajs';
import { Gauge, register } from 'prom-client';
import { ENV, type RegistryEnv } from '../env.ts';
import { Database, type Queries } from './database.ts';

// Counting costs a scan; past this the number says enough.
const MAX_COUNTED = 100_000;
const COUNT = `SELECT count(*)::int AS waiting FROM (SELECT 1 FROM outbox LIMIT ${MAX_COUNTED}) AS messages`;
const WAITING = 'hookwright_outbox_waiting';

/** Messages that are published when, and only when, the change that they announce is committed. */
@Injectable()
export class Outbox implements OnModuleInit {
  readonly kafka: Kafka;
  private readonly producer: KafkaProducer;
  private readonly relay: OutboxRelay;

  constructor(
    private readonly database: Database,
    @Inject(ENV) env: RegistryEnv,
    @Inject(LOGGER) logger: Logger,
    @Inject(Readiness) private readonly readiness: Readiness,
  ) {
    this.kafka = createKafka({ clientId: 'hookwright-registry', brokers: env.KAFKA_BROKERS, logger });
    this.producer = new KafkaProducer(this.kafka);
    const { FAILPOINT_OUTBOX: failpoint } = env;
    const beforePublish = failpoint === undefined ? undefined : killBeforePublishing(failpoint);
    this.relay = new OutboxRelay({ pool: database.pool, producer: this.producer, logger, beforePublish });
  }

  onModuleInit(): void {
    this.readiness.add('kafka', () => this.producer.check());
    this.readiness.add('outbox', () => this.relay.check());
    measureWaiting(this.database);
    this.producer.start();
    this.relay.start();
  }

  /** Adds messages to the change `tx`; they are published in this order. */
  async add(tx: Queries, messages: readonly OutboxMessage[]): Promise<void> {
    await tx.outbox.createMany({ data: messages.map(outboxRow) });
  }

  /** Publishes now: call it after a commit. */
  wake(): void {
    this.relay.wake();
  }

  async close(): Promise<void> {
    await this.relay.stop();
    await this.producer.close();
  }
}

/** Replaces the gauge of an earlier instance in the same process: a registry takes each name once. */
function measureWaiting({ pool }: Database): void {
  register.removeSingleMetric(WAITING);
  const gauge = new Gauge({
    name: WAITING,
    help: `Messages that are committed and not published yet, counted up to ${MAX_COUNTED}`,
    async collect() {
      // The metrics must answer while the database is away: then the last number stands.
      const counted = await pool.query<{ waiting: number }>(COUNT).catch(() => undefined);
      const row = counted?.rows[0];
      if (row !== undefined) gauge.set(row.waiting);
    },
  });
}
