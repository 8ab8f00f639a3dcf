import { newId } from '@hookwright/contracts';
import { planRevocation, planRotation, type Rotation } from '@hookwright/rotation';
import { currentActor, type Logger, notFound, Problem } from '@hookwright/runtime';
import type { Announcements } from '../announcements/announcements.ts';
import type { Database, Queries } from '../database/database.ts';
import type { Envelope, SealedSecret } from '../encryption/envelope.ts';
import { newMaterial } from './new-material.ts';
import type { SchemeName } from './scheme.ts';
import type { SecretRow, SecretsRepository } from './secrets.repository.ts';

export interface Create {
  readonly appId: string;
  /** Left out: that of the secret before when one is rotated, else `v1`. */
  readonly scheme?: SchemeName | undefined;
}

export interface Rotate extends Create {
  readonly overlapSeconds: number;
  readonly force: boolean;
  /** In the caller's words; kept with the new secret. */
  readonly reason?: string;
}

export interface NewSecret {
  readonly info: SecretRow;
  /** `whsec_…`: for the partner, once. Empty of `v1a`, whose public key is no secret. */
  readonly secret: string;
}

export interface RotatedSecret extends NewSecret {
  readonly previous: { readonly id: string; readonly expiresAt: Date };
}

/** A secret that is not stored yet: its text for the partner, the row without a time. */
interface SealedNewSecret {
  readonly text: string;
  readonly row: Omit<SecretRow, 'createdAt' | 'expiresAt' | 'lastUsedAt'> & SealedSecret;
}

export interface SecretsParts {
  readonly database: Database;
  readonly repository: SecretsRepository;
  readonly envelope: Envelope;
  readonly announcements: Announcements;
  readonly logger: Logger;
}

/**
 * Changes of signing secrets. Each locks its app, plans on what is live, and commits the change with its announcement. Sealing comes
 * before the transaction: a key management service may take its time, and must not do so under a lock.
 */
export class SecretsService {
  constructor(private readonly parts: SecretsParts) {}

  /** Live secrets of several apps, newest first. */
  list(appIds: readonly string[], now = new Date()): Promise<SecretRow[]> {
    return this.parts.database.read((queries) => this.parts.repository.findLive(queries, appIds, now));
  }

  /**
   * The first secret of a new endpoint. What was live before ends at once: it belonged to an endpoint that was removed, or to a call whose
   * answer never arrived, so nobody is left who could verify with it. To replace a secret in use there is rotate.
   */
  async create(request: Create, now = new Date()): Promise<NewSecret> {
    const { repository, announcements } = this.parts;
    const { appId } = request;
    const { text, row } = await this.seal(request);
    const info = await this.change(appId, now, async (transaction) => {
      const live = await repository.findLive(transaction, [appId], now);
      const ids = live.map(({ id }) => id);
      await repository.end(transaction, ids, now);
      await announcements.audit(transaction, { appId, action: 'secret.created', target: row.id }, now);
      return await this.insert(transaction, row, now);
    });
    this.parts.logger.info({ app_id: appId, secret_id: info.id }, 'secret.created');
    return { info, secret: text };
  }

  /** A new current secret; the one before signs beside it until the overlap is over. */
  async rotate(request: Rotate, now = new Date()): Promise<RotatedSecret> {
    const { repository, announcements } = this.parts;
    const { appId, overlapSeconds, force, reason = '' } = request;
    // Looked up before the lock is held, as sealing comes before it, and checked under it.
    const scheme = request.scheme ?? (await this.currentScheme(appId, now));
    const { text, row } = await this.seal({ ...request, scheme });
    const { info, previous } = await this.change(appId, now, async (transaction) => {
      const live = await repository.findLive(transaction, [appId], now);
      const plan = planned(planRotation(live, { overlapSeconds, force, now }));
      if (request.scheme === undefined && live[0]?.scheme !== scheme) throw schemeChanged();
      // Before the new one is there: the database allows one secret without an end.
      await repository.setEnd(transaction, plan.previous.id, plan.previous.expiresAt);
      await repository.end(transaction, plan.ended, now);
      const details = { previous_secret_id: plan.previous.id, overlap_seconds: overlapSeconds, force, reason };
      await announcements.audit(transaction, { appId, action: 'secret.rotated', target: row.id, details }, now);
      return { info: await this.insert(transaction, row, now), previous: plan.previous };
    });
    const ids = { app_id: appId, secret_id: info.id, previous_secret_id: previous.id };
    this.parts.logger.info({ ...ids, overlap_seconds: overlapSeconds, force }, 'secret.rotated');
    return { info, secret: text, previous };
  }

  /** Ends one live secret at once. When it was the current one, the newest that is left becomes current: its end is lifted. */
  async revoke(appId: string, secretId: string, now = new Date()): Promise<void> {
    const { repository, announcements } = this.parts;
    await this.change(appId, now, async (transaction) => {
      const plan = planRevocation(await repository.findLive(transaction, [appId], now), secretId);
      if (!plan.ok) throw plan.reason === 'not_live' ? notFound('secret') : lastSecret();
      await repository.end(transaction, [secretId], now);
      if (plan.promoted !== null) await repository.setEnd(transaction, plan.promoted, null);
      await announcements.audit(transaction, { appId, action: 'secret.revoked', target: secretId }, now);
    });
    this.parts.logger.info({ app_id: appId, secret_id: secretId }, 'secret.revoked');
  }

  /** Removes everything of an app: rows too. Again and again with the same result. */
  async erase(appId: string): Promise<void> {
    const { database, repository, announcements } = this.parts;
    const count = await database.transaction(async (transaction) => {
      await repository.lockApp(transaction, appId);
      await announcements.announceErased(transaction, appId);
      const erased = await repository.erase(transaction, appId);
      if (erased > 0) await announcements.audit(transaction, { appId, action: 'secrets.erased' }, new Date());
      return erased;
    });
    announcements.publish();
    this.parts.logger.info({ app_id: appId, count }, 'secrets.erased');
  }

  private async change<Result>(appId: string, now: Date, work: (transaction: Queries) => Promise<Result>): Promise<Result> {
    const { database, repository, announcements } = this.parts;
    const result = await database.transaction(async (transaction) => {
      await repository.lockApp(transaction, appId);
      const done = await work(transaction);
      await announcements.announceLive(transaction, appId, await repository.findLive(transaction, [appId], now));
      return done;
    });
    announcements.publish();
    return result;
  }

  private async insert(transaction: Queries, row: SealedNewSecret['row'], now: Date): Promise<SecretRow> {
    await this.parts.repository.insert(transaction, { ...row, createdAt: now });
    const { id, appId, scheme, prefix, publicKey, createdBy, reason } = row;
    return { id, appId, scheme, prefix, publicKey, createdBy, reason, createdAt: now, expiresAt: null, lastUsedAt: null };
  }

  private async currentScheme(appId: string, now: Date): Promise<SchemeName> {
    const [current] = await this.list([appId], now);
    return current?.scheme === 'v1a' ? 'v1a' : 'v1';
  }

  private async seal({ appId, scheme = 'v1', reason = '' }: Create & Pick<Rotate, 'reason'>): Promise<SealedNewSecret> {
    const id = newId('sec');
    const { text, key, prefix, publicKey } = newMaterial(scheme);
    try {
      const sealed = await this.parts.envelope.seal(key, { appId, secretId: id });
      return { text, row: { id, appId, scheme, prefix, publicKey, createdBy: currentActor().id, reason, ...sealed } };
    } finally {
      key.fill(0);
    }
  }
}

function planned(rotation: Rotation): Rotation & { ok: true } {
  if (rotation.ok) return rotation;
  if (rotation.reason === 'no_secret') throw notFound('secret');
  throw new Problem('rotation_in_progress', 'The secret before this one still signs; wait for its end, revoke it, or force the rotation.');
}

function schemeChanged(): Problem {
  return new Problem('conflict', 'The signing scheme was changed at the same time. Try again.');
}

function lastSecret(): Problem {
  return new Problem('last_secret', 'It is the only live secret of the endpoint; rotate instead.');
}
