import { randomUUID } from 'node:crypto';
import { Global, Module } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { createKafka } from '@hookwright/kafka';
import { createLogger, LOGGER, parseEnv, Readiness } from '@hookwright/runtime';
import type { KafkaMessage } from 'kafkajs';
import { AppModule } from './app.module.ts';
import { AppsController } from './apps/apps.controller.ts';
import { Outbox } from './database/outbox.ts';
import { AuditController } from './audit/audit.controller.ts';
import { auditEntriesServer } from './audit/audit-entries.server.ts';
import { AuditSweep } from './audit/audit-sweep.ts';
import { EndpointsController } from './endpoints/endpoints.controller.ts';
import { endpointSignalsServer } from './endpoints/endpoint-signals.server.ts';
import { registryEnv } from './env.ts';
import { EventTypesController } from './event-types/event-types.controller.ts';
import { AbandonedConsents } from './installations/abandoned-consents.ts';
import { InstallationsController } from './installations/installations.controller.ts';
import { MerchantInstallationsController } from './installations/merchant-installations.controller.ts';
import { MerchantsController } from './merchants/merchants.controller.ts';
import { PartnersController } from './partners/partners.controller.ts';

const logger = createLogger('registry', 'fatal');

@Global()
@Module({ providers: [Readiness, { provide: LOGGER, useValue: logger }], exports: [Readiness, LOGGER] })
class AroundModule {}

export interface RegistryOptions {
  readonly databaseUrl: string;
  readonly brokers: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Whether it consumes delivery.endpoint-signals; one registry of a Kafka can, the others would take its messages. */
  readonly signals?: true;
  /** Whether it consumes audit.entries, likewise. */
  readonly auditEntries?: true;
}

/** A registry as main.ts runs it, in this process and without the wire: its controllers are called directly. */
export async function startRegistry({ databaseUrl, brokers, env = {}, signals, auditEntries }: RegistryOptions) {
  const app = await Test.createTestingModule({ imports: [AroundModule, AppModule.with(readTestEnv(databaseUrl, brokers, env))] })
    .compile()
    .then((module) => module.createNestApplication(new FastifyAdapter(), { logger: false }));
  if (signals) app.connectMicroservice({ strategy: endpointSignalsServer(app.get(Outbox).kafka, logger) });
  if (auditEntries) app.connectMicroservice({ strategy: auditEntriesServer(app.get(Outbox).kafka, logger) });
  await app.init();
  await app.startAllMicroservices();
  return {
    partners: app.get(PartnersController),
    apps: app.get(AppsController),
    endpoints: app.get(EndpointsController),
    installations: app.get(InstallationsController),
    merchantInstallations: app.get(MerchantInstallationsController),
    merchants: app.get(MerchantsController),
    eventTypes: app.get(EventTypesController),
    abandonedConsents: app.get(AbandonedConsents),
    audit: app.get(AuditController),
    auditSweep: app.get(AuditSweep),
    readiness: app.get(Readiness),
    stop: () => app.close(),
  };
}

export type Registry = Awaited<ReturnType<typeof startRegistry>>;

export type SeenMessage = KafkaMessage & { readonly partition: number };

/** Reads a topic from its beginning. Other specs' messages are among those it has seen: ask by key. */
export async function readTopic(brokers: readonly string[], topic: string) {
  const seen: SeenMessage[] = [];
  const consumer = createKafka({ clientId: 'spec', brokers: [...brokers], logger }).consumer({ groupId: `spec-${randomUUID()}` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({ eachMessage: ({ message, partition }) => Promise.resolve(void seen.push({ ...message, partition })) });
  return {
    withKey: (key: string): SeenMessage[] => seen.filter((message) => message.key?.toString() === key),
    stop: () => consumer.disconnect(),
  };
}

export type TopicReader = Awaited<ReturnType<typeof readTopic>>;

function readTestEnv(databaseUrl: string, brokers: readonly string[], env: Readonly<Record<string, string>>) {
  const parsed = parseEnv(registryEnv, {
    HTTP_PORT: '0',
    GRPC_PORT: '0',
    GRPC_TLS: 'off',
    DATABASE_URL: databaseUrl,
    KAFKA_BROKERS: brokers.join(','),
    ENDPOINT_VERIFICATION: 'off',
    ...env,
  });
  if (!parsed.ok) throw new Error(parsed.faults.join('; '));
  return parsed.env;
}
