import { createKafka, KafkaProducer } from '@hookwright/kafka';
import { OutboxRelay } from '@hookwright/outbox';
import { type Logger, Readiness } from '@hookwright/runtime';
import {
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import { Announcements } from './announcements/announcements.ts';
import { Database } from './database/database.ts';
import { Envelope } from './encryption/envelope.ts';
import { Keyring } from './encryption/keyring.ts';
import type { VaultEnv } from './env.ts';
import { ReadsRepository } from './secrets/reads.repository.ts';
import { SecretsController } from './secrets/secrets.controller.ts';
import { SecretsRepository } from './secrets/secrets.repository.ts';
import { SecretsService } from './secrets/secrets.service.ts';
import { SigningSecretsService } from './secrets/signing-secrets.service.ts';
import { Sweep } from './secrets/sweep.ts';

export interface VaultParts {
  readonly env: VaultEnv;
  readonly logger: Logger;
  readonly keyring: Keyring;
}

@Module({ controllers: [SecretsController] })
export class AppModule implements OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Announcements) private readonly announcements: Announcements,
    @Inject(Keyring) private readonly keyring: Keyring,
    @Inject(Sweep) private readonly sweep: Sweep,
    @Inject(Readiness) private readonly readiness: Readiness,
  ) {}

  static with({ env, logger, keyring }: VaultParts): DynamicModule {
    const database = new Database(env.DATABASE_URL, logger);
    const producer = new KafkaProducer(createKafka({ clientId: 'hookwright-vault', brokers: env.KAFKA_BROKERS, logger }));
    const announcements = new Announcements(producer, new OutboxRelay({ pool: database.pool, producer, logger }));
    const envelope = new Envelope(keyring);
    const parts = { database, announcements, envelope, logger, repository: new SecretsRepository(), reads: new ReadsRepository() };
    return {
      module: AppModule,
      providers: [
        { provide: Database, useValue: database },
        { provide: Announcements, useValue: announcements },
        { provide: Keyring, useValue: keyring },
        { provide: Sweep, useValue: new Sweep({ ...parts, intervalMs: env.SWEEP_INTERVAL_SECONDS * 1000 }) },
        { provide: SecretsService, useValue: new SecretsService(parts) },
        { provide: SigningSecretsService, useValue: new SigningSecretsService(parts) },
      ],
    };
  }

  onApplicationBootstrap(): void {
    this.readiness.add('postgres', () => this.database.check());
    this.readiness.add('kafka', () => this.announcements.checkKafka());
    this.readiness.add('outbox', () => this.announcements.checkOutbox());
    // Without it the secrets whose data keys are in memory go on: taking the process out of service would end them too.
    this.readiness.addHint('master_key', async () => void (await this.keyring.currentKeyId()));
    this.announcements.start();
    this.sweep.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.sweep.stop();
  }

  /** After the last call was answered: what it committed is published first. */
  async onApplicationShutdown(): Promise<void> {
    await this.announcements.stop();
    await this.database.close();
    this.keyring.close();
  }
}
