import { createSecretKey, randomBytes } from 'node:crypto';
import { createKafka, KafkaProducer } from '@hookwright/kafka';
import { OutboxRelay } from '@hookwright/outbox';
import { asProblem, createLogger, type Problem } from '@hookwright/runtime';
import { formatSecret } from '@hookwright/signing';
import { Announcements } from '../announcements/announcements.ts';
import { Database } from '../database/database.ts';
import { Envelope } from '../encryption/envelope.ts';
import { FileKeyProvider } from '../encryption/file-key-provider.ts';
import type { KeyProvider } from '../encryption/key-provider.ts';
import { Keyring } from '../encryption/keyring.ts';
import { MasterKeyController } from '../master-key/master-key.controller.ts';
import { MasterKeyStatus } from '../master-key/master-key-status.ts';
import { Rewrap } from '../master-key/rewrap.ts';
import { WrappedKeysRepository } from '../master-key/wrapped-keys.repository.ts';
import { ReadsRepository } from '../secrets/reads.repository.ts';
import { SecretsController } from '../secrets/secrets.controller.ts';
import { SecretsRepository } from '../secrets/secrets.repository.ts';
import { SecretsService } from '../secrets/secrets.service.ts';
import { type AppSecrets, SigningSecretsService } from '../secrets/signing-secrets.service.ts';
import { Sweep } from '../secrets/sweep.ts';

export const MASTER_KEY = randomBytes(32);
export const READER = 'delivery@spec/1';
const logger = createLogger('vault-test', 'fatal');

/** A keyring of files' master keys: the first one wraps. */
export function keyringOf(current: Buffer, ...others: readonly Buffer[]): Keyring {
  const provider = (key: Buffer): FileKeyProvider => new FileKeyProvider(createSecretKey(key));
  return new Keyring(provider(current), others.map(provider));
}

/** The vault's parts as app.module.ts puts them together. */
export class Vault {
  readonly database: Database;
  readonly announcements: Announcements;
  readonly secrets: SecretsService;
  readonly signing: SigningSecretsService;
  readonly sweep: Sweep;
  readonly controller: SecretsController;
  readonly rewrap: Rewrap;
  readonly masterKey: MasterKeyController;

  constructor(databaseUrl: string, brokers: string[], keys: KeyProvider = keyringOf(MASTER_KEY)) {
    this.database = new Database(databaseUrl, logger);
    const producer = new KafkaProducer(createKafka({ clientId: 'vault-test', brokers, logger }));
    this.announcements = new Announcements(producer, new OutboxRelay({ pool: this.database.pool, producer, logger }));
    const envelope = new Envelope(keys);
    const parts = {
      database: this.database,
      announcements: this.announcements,
      envelope,
      logger,
      repository: new SecretsRepository(),
      reads: new ReadsRepository(),
      intervalMs: 3_600_000,
    };
    this.secrets = new SecretsService(parts);
    this.signing = new SigningSecretsService(parts);
    this.sweep = new Sweep(parts);
    this.controller = new SecretsController(this.secrets, this.signing);
    const masterKeyParts = { keys, envelope, logger, wrappedKeys: new WrappedKeysRepository(this.database.pool) };
    this.rewrap = new Rewrap({ ...masterKeyParts, perSecond: 10_000 });
    this.masterKey = new MasterKeyController(new MasterKeyStatus(masterKeyParts));
  }

  /** The secrets an app's deliveries are signed with at a moment, as partners know them. */
  async signingKeys(appId: string, now = new Date()): Promise<string[]> {
    const [app] = await this.open([appId], now);
    return (app?.secrets ?? []).map(({ key }) => formatSecret(key));
  }

  /** What a worker of the specs is told. */
  open(appIds: readonly string[], now = new Date()): Promise<AppSecrets[]> {
    return this.signing.open({ appIds, reader: READER }, now);
  }

  async liveIds(appId: string, now = new Date()): Promise<string[]> {
    return (await this.secrets.list([appId], now)).map(({ id }) => id);
  }

  async stop(): Promise<void> {
    await this.announcements.stop();
    await this.database.close();
  }
}

/** What a call fails with. */
export async function problemOf(work: Promise<unknown>): Promise<Problem> {
  const outcome: unknown = await work.then(
    () => new Error('it succeeded'),
    (error: unknown) => error,
  );
  return asProblem(outcome);
}

/** So many seconds later. */
export function after(from: Date, seconds: number): Date {
  return new Date(from.getTime() + seconds * 1000);
}
