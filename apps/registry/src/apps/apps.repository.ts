import { Injectable } from '@nestjs/common';
import { notFound } from '@hookwright/runtime';
import type { Queries } from '../database/database.ts';
import type { Endpoint } from '../endpoints/endpoint.ts';
import type { App as AppRow, Endpoint as EndpointRow } from '../generated/prisma/client.ts';
import { NEWEST_FIRST, olderThan, type PageRequest } from '../pages/page.ts';
import { type PartnerApp, permissionList, type Tenant } from './app.ts';

type Row = AppRow & { endpoint: EndpointRow | null };

/** An app as its merchants meet it. */
export interface OAuthClient {
  readonly app: PartnerApp;
  readonly partnerName: string;
}

const WITH_ENDPOINT = { include: { endpoint: true } } as const;

@Injectable()
export class AppsRepository {
  /** Throws `not_found` for an id that does not exist, is deleted, or is another tenant's. Without a tenant: anybody's (the operator asks). */
  async get(queries: Queries, id: string, tenant?: Tenant): Promise<PartnerApp> {
    const app = await this.find(queries, id, tenant);
    if (app === undefined) throw notFound('app');
    return app;
  }

  /** Like `get`; until the transaction ends nobody else changes the app or installs it. */
  async lock(tx: Queries, id: string, tenant?: Tenant): Promise<PartnerApp> {
    await tx.$queryRaw`SELECT 1 FROM app WHERE id = ${id} FOR UPDATE`;
    return this.get(tx, id, tenant);
  }

  /** Like `lock`, for anybody's app; undefined when there is none. */
  async lockIfPresent(tx: Queries, id: string): Promise<PartnerApp | undefined> {
    await tx.$queryRaw`SELECT 1 FROM app WHERE id = ${id} FOR UPDATE`;
    return this.find(tx, id);
  }

  /** Like `get`; until the transaction ends nobody changes or deletes the app, while others may install it too. */
  async lockShared(tx: Queries, id: string, tenant?: Tenant): Promise<PartnerApp> {
    await tx.$queryRaw`SELECT 1 FROM app WHERE id = ${id} FOR SHARE`;
    return this.get(tx, id, tenant);
  }

  /** `limit` + 1 of a tenant's apps, newest first. */
  async list(queries: Queries, tenant: Tenant, { limit, after }: PageRequest): Promise<PartnerApp[]> {
    const where = { ...ownedBy(tenant), deletedAt: null, ...olderThan(after) };
    const rows = await queries.app.findMany({ where, orderBy: NEWEST_FIRST, take: limit + 1, ...WITH_ENDPOINT });
    return rows.map(toPartnerApp);
  }

  /** The app of an OAuth client and its partner's name. Throws `not_found`. */
  async getClient(queries: Queries, clientId: string): Promise<OAuthClient> {
    const client = await this.findClient(queries, { clientId });
    if (client === undefined) throw notFound('client');
    return client;
  }

  /** Likewise by the app's id, whoever's it is; undefined when it is deleted. */
  async findClient(queries: Queries, which: { clientId: string } | { id: string }): Promise<OAuthClient | undefined> {
    const include = { endpoint: true, partner: { select: { name: true } } } as const;
    const found = await queries.app.findFirst({ where: { ...which, deletedAt: null }, include });
    if (found === null) return undefined;
    const { partner, ...row } = found;
    return { app: toPartnerApp(row), partnerName: partner.name };
  }

  async hasPartner(queries: Queries, { partnerId }: Tenant): Promise<boolean> {
    return (await queries.partner.count({ where: { id: partnerId } })) === 1;
  }

  /** False when there is, or was, an app of this id. */
  async insert(tx: Queries, app: PartnerApp): Promise<boolean> {
    const { count } = await tx.app.createMany({
      data: [{ ...toRow(app), permissionApplied: app.permissionRevision, createdAt: app.createdAt }],
      skipDuplicates: true,
    });
    if (count === 1) await this.saveEndpoint(tx, app);
    return count === 1;
  }

  async update(tx: Queries, app: PartnerApp): Promise<void> {
    await tx.app.update({ where: { id: app.id }, data: toRow(app), select: { id: true } });
    await this.saveEndpoint(tx, app);
  }

  /** Takes the app out of everybody's sight. Its row stays for its installations' history. */
  async markDeleted(tx: Queries, id: string, now: Date): Promise<void> {
    await tx.endpoint.deleteMany({ where: { appId: id } });
    await tx.app.update({ where: { id }, data: { deletedAt: now }, select: { id: true } });
  }

  /** A deleted app that has installations which have not ended, or wait for consent, or undefined. */
  async findHalfDeleted(queries: Queries): Promise<Pick<PartnerApp, 'id' | 'mode'> | undefined> {
    // One step in the index for each status of each deleted app, however many installations others have.
    const [found] = await queries.$queryRaw<Pick<PartnerApp, 'id' | 'mode'>[]>`
      SELECT id, mode FROM app WHERE deleted_at IS NOT NULL AND EXISTS (
        SELECT FROM installation WHERE installation.app_id = app.id
          AND installation.status IN ('pending_consent', 'active', 'pending_permission_upgrade', 'suspended')
      ) LIMIT 1`;
    return found;
  }

  /** An app some of whose installations were not looked at since it asks for something else, locked like by `lock`; or undefined. */
  async lockPermissionsBehind(tx: Queries): Promise<PartnerApp | undefined> {
    const [behind] = await tx.$queryRaw<{ id: string }[]>`
      SELECT id FROM app WHERE permission_applied < permission_revision AND deleted_at IS NULL LIMIT 1 FOR UPDATE`;
    return behind === undefined ? undefined : this.find(tx, behind.id);
  }

  /** Every installation was looked at with these permissions. */
  async markPermissionsApplied(tx: Queries, { id, permissionRevision }: PartnerApp): Promise<void> {
    await tx.app.update({ where: { id }, data: { permissionApplied: permissionRevision }, select: { id: true } });
  }

  /** Writes a suspension, or its end, of an app that the transaction has locked; its installations are still to follow. */
  async saveSuspension(tx: Queries, { id, suspendedAt, revision, updatedAt }: PartnerApp): Promise<void> {
    const data = { suspendedAt, suspensionApplied: false, revision, updatedAt };
    await tx.app.update({ where: { id }, data, select: { id: true } });
  }

  /** An app some of whose installations do not follow its suspension, or its end, locked like by `lock`; or undefined. */
  async lockSuspensionBehind(tx: Queries): Promise<PartnerApp | undefined> {
    const [behind] = await tx.$queryRaw<{ id: string }[]>`
      SELECT id FROM app WHERE NOT suspension_applied AND deleted_at IS NULL LIMIT 1 FOR UPDATE`;
    return behind === undefined ? undefined : this.find(tx, behind.id);
  }

  /** Every installation follows it. */
  async markSuspensionApplied(tx: Queries, { id }: PartnerApp): Promise<void> {
    await tx.app.update({ where: { id }, data: { suspensionApplied: true }, select: { id: true } });
  }

  private async find(queries: Queries, id: string, tenant?: Tenant): Promise<PartnerApp | undefined> {
    const row = await queries.app.findFirst({ where: { id, deletedAt: null, ...(tenant && ownedBy(tenant)) }, ...WITH_ENDPOINT });
    return row === null ? undefined : toPartnerApp(row);
  }

  private async saveEndpoint(tx: Queries, { id, endpoint }: PartnerApp): Promise<void> {
    if (endpoint === null) {
      await tx.endpoint.deleteMany({ where: { appId: id } });
      return;
    }
    const data = { ...endpoint, eventSources: [...endpoint.eventSources], enabledEvents: [...endpoint.enabledEvents] };
    await tx.endpoint.upsert({ where: { appId: id }, create: { appId: id, ...data }, update: data, select: { appId: true } });
  }
}

/** AND, so that it narrows whatever id is asked for. */
function ownedBy({ partnerId, mode, appId }: Tenant) {
  return { partnerId, mode, ...(appId !== undefined && { AND: { id: appId } }) };
}

function toRow(app: PartnerApp) {
  const { endpoint: _endpoint, createdAt: _createdAt, ...row } = app;
  return { ...row, redirectUris: [...app.redirectUris], permissions: [...app.permissions] };
}

function toPartnerApp(row: Row): PartnerApp {
  const { endpoint, deletedAt: _deletedAt, permissionApplied: _permissionApplied, suspensionApplied: _applied, permissions, ...app } = row;
  return { ...app, permissions: permissionList.parse(permissions), endpoint: endpoint === null ? null : toEndpoint(endpoint) };
}

function toEndpoint({ appId: _appId, ...endpoint }: EndpointRow): Endpoint {
  return endpoint;
}
