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
import { MasterKeyController } from './master-key/master-key.controller.ts';
import { MasterKeyStatus } from './master-key/master-key-status.ts';
import { Rewrap } from './master-key/rewrap.ts';
import { WrappedKeysRepository } from './master-key/wrapped-keys.repository.ts';
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

/** Injection token of what looks for work by itself. */
const BACKGROUND = Symbol('background');

@Module({ controllers: [SecretsController, MasterKeyController] })
export class AppModule implements OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Announcements) private readonly announcements: Announcements,
    @Inject(Keyring) private readonly keyring: Keyring,
    @Inject(BACKGROUND) private readonly background: readonly (Sweep | Rewrap)[],
    @Inject(Readiness) private readonly readiness: Readiness,
  ) {}

  static with({ env, logger, keyring }: VaultParts): DynamicModule {
    const database = new Database(env.DATABASE_URL, logger);
    const producer = new KafkaProducer(createKafka({ clientId: 'hookwright-vault', brokers: env.KAFKA_BROKERS, logger }));
    const announcements = new Announcements(producer, new OutboxRelay({ pool: database.pool, producer, logger }));
    const envelope = new Envelope(keyring);
    const parts = { database, announcements, envelope, logger, repository: new SecretsRepository(), reads: new ReadsRepository() };
    const masterKeyParts = { keys: keyring, envelope, logger, wrappedKeys: new WrappedKeysRepository(database.pool) };
    const background = [
      new Sweep({ ...parts, intervalMs: env.SWEEP_INTERVAL_SECONDS * 1000 }),
      new Rewrap({ ...masterKeyParts, perSecond: env.REWRAP_PER_SECOND }),
    ];
    return {
      module: AppModule,
      providers: [
        { provide: Database, useValue: database },
        { provide: Announcements, useValue: announcements },
        { provide: Keyring, useValue: keyring },
        { provide: BACKGROUND, useValue: background },
        { provide: SecretsService, useValue: new SecretsService(parts) },
        { provide: SigningSecretsService, useValue: new SigningSecretsService(parts) },
        { provide: MasterKeyStatus, useValue: new MasterKeyStatus(masterKeyParts) },
      ],
    };
  }

  onApplicationBootstrap(): void {
    this.readiness.add('postgres', () => this.database.check());
    this.readiness.add('kafka', () => this.announcements.checkKafka());
    this.readiness.add('outbox', () => this.announcements.checkOutbox());
    // Without it the secrets whose data keys are in memory go on: taking the process out of service would end them too.
    this.readiness.addHint('master_key', async () => {
      await this.keyring.currentKeyId();
    });
    this.announcements.start();
    for (const work of this.background) work.start();
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all(this.background.map((work) => work.stop()));
  }

  /** After the last call was answered: what it committed is published first. */
  async onApplicationShutdown(): Promise<void> {
    await this.announcements.stop();
    await this.database.close();
    this.keyring.close();
  }
}
