import { type Logger, Problem } from '@hookwright/runtime';
import type { Database } from '../database/database.ts';
import { DecryptError } from '../encryption/decrypt-error.ts';
import type { Envelope } from '../encryption/envelope.ts';
import { decryptFailures } from './metrics.ts';
import type { ReadsRepository } from './reads.repository.ts';
import type { SealedRow, SecretsRepository } from './secrets.repository.ts';

export interface OpenedSecret {
  readonly id: string;
  readonly scheme: string;
  readonly key: Buffer;
  readonly expiresAt: Date | null;
}

export interface AppSecrets {
  readonly appId: string;
  readonly secrets: readonly OpenedSecret[];
  /** Why there are none, in words. */
  readonly fault: string;
}

export interface Question {
  readonly appIds: readonly string[];
  /** Who asks, as the process names itself. */
  readonly reader: string;
}

export interface SigningSecretsParts {
  readonly database: Database;
  readonly repository: SecretsRepository;
  readonly reads: ReadsRepository;
  readonly envelope: Envelope;
  readonly logger: Logger;
}

// A worker asks at least once a minute for each app it sends to; partners read the time in minutes.
const TOUCH_EVERY_MS = 60_000;

/** Hands out keys, to those who sign. */
export class SigningSecretsService {
  constructor(private readonly parts: SigningSecretsParts) {}

  /**
   * Each app's live secrets with their keys, newest first. All or none: with one missing, a receiver that knows only that one would refuse
   * the request. So when one does not open, or there is none, its app has to wait, and only that. Rejects when it cannot be noted who read
   * them: then nothing is read.
   */
  async open({ appIds, reader }: Question, now = new Date()): Promise<AppSecrets[]> {
    const { database, repository, reads, logger } = this.parts;
    const rows = await database.read(async (queries) => {
      const secrets = await repository.findSealed(queries, appIds, now);
      await reads.note(queries, { reader, secrets, now });
      return secrets;
    });
    if (logger.isLevelEnabled('debug')) logger.debug({ reader, secret_ids: rows.map(({ id }) => id) }, 'secrets.read');
    const apps = Map.groupBy(rows, ({ appId }) => appId);
    const opened = await Promise.all(appIds.map((appId) => this.openApp(appId, apps.get(appId) ?? [])));
    void this.touch(rows, now);
    return opened;
  }

  private async openApp(appId: string, rows: readonly SealedRow[]): Promise<AppSecrets> {
    if (rows.length === 0) return { appId, secrets: [], fault: 'it has no live signing secret' };
    try {
      return { appId, secrets: await Promise.all(rows.map((row) => this.openOne(row))), fault: '' };
    } catch (error) {
      const fault = faultOf(error);
      if (fault === undefined) throw error;
      return { appId, secrets: [], fault };
    }
  }

  private async openOne(row: SealedRow): Promise<OpenedSecret> {
    const { id, appId, scheme, expiresAt } = row;
    try {
      return { id, scheme, expiresAt, key: await this.parts.envelope.open(row, { appId, secretId: id }) };
    } catch (error) {
      if (error instanceof DecryptError) {
        decryptFailures.inc({ reason: error.failure });
        this.parts.logger.error({ app_id: appId, secret_id: id, reason: error.failure }, 'secret.not_decrypted');
      }
      throw error;
    }
  }

  /** Notes the use, at most once a minute each. Never rejects: signing does not depend on it, nor wait for it. */
  private async touch(rows: readonly SealedRow[], now: Date): Promise<void> {
    const { database, repository, logger } = this.parts;
    const stale = rows.filter(({ lastUsedAt }) => lastUsedAt === null || now.getTime() - lastUsedAt.getTime() >= TOUCH_EVERY_MS);
    if (stale.length === 0) return;
    const ids = stale.map(({ id }) => id);
    try {
      await database.read((queries) => repository.touch(queries, ids, now));
    } catch (error) {
      logger.warn({ err: error, secret_ids: ids }, 'secret.use_not_noted');
    }
  }
}

/** In words for whoever asked; undefined when it is not about one app's secret. */
function faultOf(error: unknown): string | undefined {
  if (error instanceof DecryptError) return 'a secret of it cannot be decrypted';
  // Others' data keys may be in memory (encryption/data-key-cache.ts). Logged with its reason by master-key/rewrap.ts.
  if (error instanceof Problem && error.code === 'service_unavailable') return 'the master key cannot be used right now';
  return undefined;
}
