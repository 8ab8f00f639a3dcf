import { Injectable } from '@nestjs/common';
import { notFound, Problem } from '@hookwright/runtime';
import type { PartnerApp } from '../apps/app.ts';
import type { Queries } from '../database/database.ts';
import type { Transition } from '../generated/prisma/client.ts';
import type { InstallationStatus, Mode } from '../generated/prisma/enums.ts';
import { NEWEST_FIRST, olderThan, type PageRequest } from '../pages/page.ts';
import type { Cause, Installation, InstallationChange } from './installation.ts';

export interface InstallationFilter {
  readonly appId: string;
  readonly status: InstallationStatus | undefined;
  readonly merchantId: string | undefined;
}

/** An installation with what its merchant knows the app by. */
export interface NamedInstallation {
  readonly installation: Installation;
  readonly appName: string;
  readonly partnerName: string;
  readonly mode: Mode;
}

type PendingOnes = { readonly appId: string } | { readonly merchantId: string };

/** What the history keeps of a change. */
type Recorded = Pick<InstallationChange, 'installation' | 'previousStatus' | 'cause'>;

@Injectable()
export class InstallationsRepository {
  /** Throws `not_found` for an id that does not exist or is another app's. */
  async get(queries: Queries, appId: string, id: string): Promise<Installation> {
    const row = await queries.installation.findFirst({ where: { id, appId } });
    if (row === null) throw notFound('installation');
    return row;
  }

  /** Like `get`; until the transaction ends nobody else changes it. */
  async lock(tx: Queries, appId: string, id: string): Promise<Installation> {
    await tx.$queryRaw`SELECT 1 FROM installation WHERE id = ${id} FOR UPDATE`;
    return this.get(tx, appId, id);
  }

  /** An app's installation at a merchant, which there was a moment ago, locked likewise. Throws `conflict` if it is there no more. */
  async lockOfMerchant(tx: Queries, appId: string, merchantId: string): Promise<Installation> {
    await tx.$queryRaw`SELECT 1 FROM installation WHERE app_id = ${appId} AND merchant_id = ${merchantId} FOR UPDATE`;
    const found = await this.findOfMerchant(tx, appId, merchantId);
    if (found === undefined) throw new Problem('conflict', 'The merchant was being erased at this moment; try again.');
    return found;
  }

  /** An app's installation at a merchant, if there is one. */
  async findOfMerchant(queries: Queries, appId: string, merchantId: string): Promise<Installation | undefined> {
    return (await queries.installation.findUnique({ where: { appId_merchantId: { appId, merchantId } } })) ?? undefined;
  }

  /** At most `limit` of an app's installations that go on, locked likewise. */
  async lockLive(tx: Queries, appId: string, limit: number): Promise<Installation[]> {
    const live = await tx.$queryRaw<{ id: string }[]>`
      SELECT id FROM installation WHERE app_id = ${appId} AND status NOT IN ('revoked', 'pending_consent')
      ORDER BY created_at, id LIMIT ${limit} FOR UPDATE`;
    return tx.installation.findMany({ where: { id: { in: live.map(({ id }) => id) }, status: { notIn: ['revoked', 'pending_consent'] } } });
  }

  /** At most `limit` of a merchant's installations that go on, with their apps' modes, locked likewise. */
  async lockLiveOfMerchant(tx: Queries, merchantId: string, limit: number): Promise<{ installation: Installation; mode: Mode }[]> {
    const live = await tx.$queryRaw<{ id: string }[]>`
      SELECT id FROM installation WHERE merchant_id = ${merchantId} AND status NOT IN ('revoked', 'pending_consent')
      LIMIT ${limit} FOR UPDATE`;
    const where = { id: { in: live.map(({ id }) => id) } };
    const rows = await tx.installation.findMany({ where, include: { app: { select: { mode: true } } } });
    return rows.map(({ app, ...installation }) => ({ installation, mode: app.mode }));
  }

  /** At most `limit` of a merchant's installations that have ended and whose apps were told all of it, locked likewise. */
  async lockOverOfMerchant(tx: Queries, merchantId: string, limit: number): Promise<Installation[]> {
    const over = await tx.$queryRaw<{ id: string }[]>`
      SELECT id FROM installation WHERE merchant_id = ${merchantId} AND status = 'revoked'
        AND NOT EXISTS (SELECT FROM redaction WHERE redaction.installation_id = installation.id)
      LIMIT ${limit} FOR UPDATE`;
    return tx.installation.findMany({ where: { id: { in: over.map(({ id }) => id) }, status: 'revoked', redaction: { is: null } } });
  }

  /** With their histories. */
  async remove(tx: Queries, installations: readonly Installation[]): Promise<void> {
    await tx.installation.deleteMany({ where: { id: { in: installations.map(({ id }) => id) } } });
  }

  async hasMerchant(queries: Queries, merchantId: string): Promise<boolean> {
    return (await queries.installation.findFirst({ where: { merchantId }, select: { id: true } })) !== null;
  }

  /** At most `limit` of an app's installations that were not looked at since it asks for something else, locked likewise. */
  async lockBehind(tx: Queries, { id, permissionRevision }: PartnerApp, limit: number): Promise<Installation[]> {
    const behind = await tx.$queryRaw<{ id: string }[]>`
      SELECT id FROM installation
      WHERE app_id = ${id} AND permission_revision < ${permissionRevision} AND status <> 'revoked' AND status <> 'pending_consent'
      ORDER BY permission_revision, id LIMIT ${limit} FOR UPDATE`;
    return tx.installation.findMany({ where: { id: { in: behind.map((row) => row.id) } } });
  }

  /** Throws `not_found` for an id that does not exist, is another merchant's or waits for his consent, and when its app is deleted. */
  async getOfMerchant(queries: Queries, merchantId: string, id: string): Promise<Installation> {
    const where = { id, merchantId, status: { not: 'pending_consent' as const }, app: { deletedAt: null } };
    const row = await queries.installation.findFirst({ where });
    if (row === null) throw notFound('installation');
    return row;
  }

  /** `limit` + 1 of a merchant's installations that go on, newest first. */
  async listOfMerchant(queries: Queries, merchantId: string, { limit, after }: PageRequest): Promise<NamedInstallation[]> {
    const goingOn = { status: { notIn: ['revoked' as const, 'pending_consent' as const] }, app: { deletedAt: null } };
    const rows = await queries.installation.findMany({
      where: { merchantId, ...goingOn, ...olderThan(after) },
      orderBy: NEWEST_FIRST,
      take: limit + 1,
      include: { app: { select: { name: true, mode: true, partner: { select: { name: true } } } } },
    });
    return rows.map(({ app: { name, mode, partner }, ...installation }) => {
      return { installation, appName: name, partnerName: partner.name, mode };
    });
  }

  /** At most `limit` of an app's installations that do not follow its suspension, or its end, locked likewise. */
  async lockUnlikeApp(tx: Queries, { id, suspendedAt }: PartnerApp, limit: number): Promise<Installation[]> {
    const unlike =
      suspendedAt === null
        ? await tx.$queryRaw<{ id: string }[]>`
            SELECT id FROM installation WHERE app_id = ${id} AND status = 'suspended' AND suspended_with_app LIMIT ${limit} FOR UPDATE`
        : await tx.$queryRaw<{ id: string }[]>`
            SELECT id FROM installation WHERE app_id = ${id} AND status IN ('active', 'pending_permission_upgrade')
            LIMIT ${limit} FOR UPDATE`;
    return tx.installation.findMany({ where: { id: { in: unlike.map((row) => row.id) } } });
  }

  /** `limit` + 1 of an app's installations, newest first. */
  list(queries: Queries, { appId, status, merchantId }: InstallationFilter, { limit, after }: PageRequest): Promise<Installation[]> {
    const chosen = { ...(status === undefined ? {} : { status }), ...(merchantId === undefined ? {} : { merchantId }) };
    return queries.installation.findMany({ where: { appId, ...chosen, ...olderThan(after) }, orderBy: NEWEST_FIRST, take: limit + 1 });
  }

  /** `limit` + 1 transitions of an installation, newest first; `before`: only those of smaller numbers. */
  history(queries: Queries, id: string, { limit, before }: { limit: number; before: number | undefined }): Promise<Transition[]> {
    const where = { installationId: id, ...(before === undefined ? {} : { sequence: { lt: before } }) };
    return queries.transition.findMany({ where, orderBy: { sequence: 'desc' }, take: limit + 1 });
  }

  /** False when the app has, or had, an installation at this merchant. Waits for one that is being made right now. */
  async insert(tx: Queries, installation: Installation): Promise<boolean> {
    const { count } = await tx.installation.createMany({ data: [toRow(installation)], skipDuplicates: true });
    return count === 1;
  }

  async update(tx: Queries, installation: Installation): Promise<void> {
    await tx.installation.update({ where: { id: installation.id }, data: toRow(installation), select: { id: true } });
  }

  /** Writes the end of several installations, for the same cause. */
  async updateRevoked(tx: Queries, ids: readonly string[], { actor, now }: Cause): Promise<void> {
    await tx.installation.updateMany({
      where: { id: { in: [...ids] } },
      data: {
        status: 'revoked',
        suspendedWithApp: false,
        grantedScopes: [],
        grantedPermissions: [],
        askedScopes: [],
        revokedAt: now,
        revokedBy: actor,
        sequence: { increment: 1 },
      },
    });
  }

  /** Writes what a change of the app's permissions did to those that were behind. */
  async updateReconsidered(
    tx: Queries,
    { permissionRevision }: PartnerApp,
    { behind, changes }: { behind: readonly Installation[]; changes: readonly InstallationChange[] },
  ): Promise<void> {
    await this.updateStatuses(tx, changes);
    await tx.installation.updateMany({ where: { id: { in: behind.map(({ id }) => id) } }, data: { permissionRevision } });
  }

  /** Writes the new statuses of several installations. */
  async updateStatuses(tx: Queries, changes: readonly InstallationChange[]): Promise<void> {
    for (const [status, alike] of Map.groupBy(changes, ({ installation }) => installation.status)) {
      const where = { id: { in: alike.map(({ installation }) => installation.id) } };
      const suspendedWithApp = alike.every(({ installation }) => installation.suspendedWithApp);
      await tx.installation.updateMany({ where, data: { status, suspendedWithApp, sequence: { increment: 1 } } });
    }
  }

  /** At most `limit` of an app's or a merchant's that wait for consent. How many were found. */
  async deletePending(queries: Queries, which: PendingOnes, limit: number): Promise<number> {
    const where = { ...which, status: 'pending_consent' } as const;
    const found = await queries.installation.findMany({ where, select: { id: true }, take: limit });
    // Some of them may have been agreed to in between.
    await queries.installation.deleteMany({ where: { ...where, id: { in: found.map(({ id }) => id) } } });
    return found.length;
  }

  /** At most `limit` of those that have waited for consent since before a time. How many it were. */
  deleteAbandoned(queries: Queries, before: Date, limit: number): Promise<number> {
    // The status as it is written here: the index of what waits is of no use to a status that comes as a parameter.
    return queries.$executeRaw`DELETE FROM installation WHERE id IN (
      SELECT id FROM installation WHERE status = 'pending_consent' AND created_at < ${before}
      ORDER BY created_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)`;
  }

  async addTransitions(tx: Queries, changes: readonly Recorded[]): Promise<void> {
    await tx.transition.createMany({ data: changes.map(toTransitionRow) });
  }
}

function toRow(installation: Installation) {
  return {
    ...installation,
    grantedScopes: [...installation.grantedScopes],
    grantedPermissions: [...installation.grantedPermissions],
    askedScopes: [...installation.askedScopes],
  };
}

function toTransitionRow({ installation, previousStatus, cause }: Recorded): Transition {
  const { id, sequence, status, generation, grantedScopes } = installation;
  const { actor, reason, now } = cause;
  return {
    installationId: id,
    sequence,
    previousStatus,
    status,
    generation,
    grantedScopes: [...grantedScopes],
    actor,
    reason,
    occurredAt: now,
  };
}
