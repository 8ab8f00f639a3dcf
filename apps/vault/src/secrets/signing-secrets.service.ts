import { type Logger, notFound, Problem } from '@hookwright/runtime';
import type { Database } from '../database/database.ts';
import { DecryptError } from '../encryption/decrypt-error.ts';
import type { Envelope } from '../encryption/envelope.ts';
import { decryptFailures } from './metrics.ts';
import type { SealedRow, SecretsRepository } from './secrets.repository.ts';

export interface OpenedSecret {
  readonly id: string;
  readonly scheme: string;
  readonly key: Buffer;
  readonly expiresAt: Date | null;
}

export interface SigningSecretsParts {
  readonly database: Database;
  readonly repository: SecretsRepository;
  readonly envelope: Envelope;
  readonly logger: Logger;
}

// A worker asks at least once a minute for each app it sends to; partners read the time in minutes.
const TOUCH_EVERY_MS = 60_000;

/** Hands out keys, to those who sign. */
export class SigningSecretsService {
  constructor(private readonly parts: SigningSecretsParts) {}

  /**
   * An app's live secrets with their keys, newest first. All or none: with one missing, a receiver that knows only that one would refuse
   * the request. So one that does not open is `internal_error`, and only this app has to wait.
   */
  async open(appId: string, now = new Date()): Promise<OpenedSecret[]> {
    const { database, repository } = this.parts;
    const rows = await database.read((queries) => repository.findSealed(queries, appId, now));
    if (rows.length === 0) throw notFound('secret');
    const secrets = await Promise.all(rows.map((row) => this.openOne(row)));
    void this.touch(rows, now);
    return secrets;
  }

  private async openOne(row: SealedRow): Promise<OpenedSecret> {
    const { id, appId, scheme, expiresAt } = row;
    try {
      return { id, scheme, expiresAt, key: await this.parts.envelope.open(row, { appId, secretId: id }) };
    } catch (error) {
      if (!(error instanceof DecryptError)) throw error;
      decryptFailures.inc({ reason: error.failure });
      throw new Problem('internal_error', `The secret ${id} of the app ${appId} cannot be decrypted.`, { cause: error });
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
