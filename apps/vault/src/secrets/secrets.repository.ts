import type { Queries } from '../database/database.ts';
import type { SealedSecret } from '../encryption/envelope.ts';
import type { Prisma, Secret } from '../generated/prisma/client.ts';

/** What may leave the vault of a secret: everything but its key material. */
const INFO = {
  id: true,
  appId: true,
  scheme: true,
  prefix: true,
  publicKey: true,
  createdAt: true,
  createdBy: true,
  reason: true,
  expiresAt: true,
  lastUsedAt: true,
} as const;
const NO_MATERIAL = { ciphertext: null, wrappedKey: null, keyId: null };
// The one without an end is the newest by definition, whatever the clocks of two replicas say.
const NEWEST_FIRST = [
  { expiresAt: { sort: 'desc', nulls: 'first' } },
  { createdAt: 'desc' },
] satisfies Prisma.SecretOrderByWithRelationInput[];

export type SecretRow = Pick<Secret, keyof typeof INFO>;
/** A live secret, sealed. */
export type SealedRow = SecretRow & SealedSecret;

// Advisory locks of two numbers are another space than those of one, which the outbox relay uses. Any constant does.
const LOCK_SPACE = 7_316_202;
// One statement's worth; the next sweep takes the next.
const FORGET_AT_ONCE = 5000;

/** Queries only; `queries` is the transaction, or the client where one statement is enough. */
export class SecretsRepository {
  /**
   * Makes changes of an app's secrets wait for each other until the transaction ends, so that each plans on what the last one left, and
   * their announcements are written in the order of the changes. Two apps that share a hash only wait for each other.
   */
  async lockApp(transaction: Queries, appId: string): Promise<void> {
    await transaction.$executeRaw`SELECT pg_advisory_xact_lock(${LOCK_SPACE}::int, hashtext(${appId}))`;
  }

  findLive(queries: Queries, appIds: readonly string[], now: Date): Promise<SecretRow[]> {
    return queries.secret.findMany({ where: live(appIds, now), select: INFO, orderBy: NEWEST_FIRST });
  }

  async findSealed(queries: Queries, appIds: readonly string[], now: Date): Promise<SealedRow[]> {
    const rows = await queries.secret.findMany({ where: live(appIds, now), orderBy: NEWEST_FIRST });
    return rows.filter(isSealed);
  }

  async insert(transaction: Queries, secret: Omit<SealedRow, 'expiresAt' | 'lastUsedAt'>): Promise<void> {
    await transaction.secret.create({ data: secret, select: { id: true } });
  }

  async setEnd(transaction: Queries, id: string, expiresAt: Date | null): Promise<void> {
    await transaction.secret.update({ where: { id }, data: { expiresAt }, select: { id: true } });
  }

  /** Ends secrets early: their key material is gone with the transaction. */
  async end(transaction: Queries, ids: readonly string[], now: Date): Promise<void> {
    if (ids.length === 0) return;
    await transaction.secret.updateMany({ where: { id: { in: [...ids] } }, data: { ...NO_MATERIAL, expiresAt: now } });
  }

  /** Removes every row of an app; returns how many there were. */
  async erase(transaction: Queries, appId: string): Promise<number> {
    const { count } = await transaction.secret.deleteMany({ where: { appId } });
    return count;
  }

  /** Apps with secrets that have expired and still have key material. */
  async findAppsToSweep(queries: Queries, now: Date, limit: number): Promise<string[]> {
    const where = { expiresAt: { lte: now }, NOT: { ciphertext: null } };
    const rows = await queries.secret.findMany({ where, distinct: ['appId'], select: { appId: true }, take: limit });
    return rows.map(({ appId }) => appId);
  }

  /** Removes the key material of an app's expired secrets; returns how many there were. */
  async sweep(transaction: Queries, appId: string, now: Date): Promise<number> {
    const where = { appId, expiresAt: { lte: now }, NOT: { ciphertext: null } };
    const { count } = await transaction.secret.updateMany({ where, data: NO_MATERIAL });
    return count;
  }

  /** Removes rows whose secret ended long ago. Skips those that an erasure holds: it removes them itself. */
  async forgetEndedBefore(queries: Queries, before: Date): Promise<void> {
    await queries.$executeRaw`DELETE FROM secret WHERE id IN
      (SELECT id FROM secret WHERE expires_at < ${before} AND ciphertext IS NULL LIMIT ${FORGET_AT_ONCE} FOR UPDATE SKIP LOCKED)`;
  }

  /**
   * Notes that secrets were read for signing. Skips rows that a rotation holds: the note is not worth waiting for, and waiting for one row
   * while holding another is how deadlocks are made.
   */
  async touch(queries: Queries, ids: readonly string[], now: Date): Promise<void> {
    await queries.$executeRaw`UPDATE secret SET last_used_at = ${now}
      WHERE id IN (SELECT id FROM secret WHERE id = ANY(${[...ids]}) FOR UPDATE SKIP LOCKED)`;
  }

  /** How many secrets there are: current, expiring (rotated out, still signing), ended (row without key material, or about to be). */
  async count(queries: Queries, now: Date): Promise<{ current: number; expiring: number; ended: number }> {
    const [current, expiring, ended] = await Promise.all([
      queries.secret.count({ where: { expiresAt: null } }),
      queries.secret.count({ where: { expiresAt: { gt: now } } }),
      queries.secret.count({ where: { expiresAt: { lte: now } } }),
    ]);
    return { current, expiring, ended };
  }
}

function live(appIds: readonly string[], now: Date): Prisma.SecretWhereInput {
  return {
    appId: { in: [...appIds] },
    NOT: { ciphertext: null },
    OR: [{ expiresAt: null }, { expiresAt: { gt: now } }],
  };
}

function isSealed(row: Secret): row is Secret & SealedSecret {
  return row.ciphertext !== null && row.wrappedKey !== null && row.keyId !== null;
}
