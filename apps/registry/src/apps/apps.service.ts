import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { notFound, Problem, validationFailed } from '@hookwright/runtime';
import { addToAuditLog } from '../audit/audit-log.ts';
import { changedFields } from '../audit/changed-fields.ts';
import { Database, type Queries } from '../database/database.ts';
import { Outbox } from '../database/outbox.ts';
import { Transactions } from '../database/transactions.ts';
import { endpointSnapshot } from '../endpoints/endpoint.message.ts';
import { invalid } from '../fields/field-rules.ts';
import { cutPage, type PageRequest } from '../pages/page.ts';
import { APP_DEFAULTS, type AppPatch, type PartnerApp, type Tenant } from './app.ts';
import { AppsRepository, type OAuthClient } from './apps.repository.ts';
import { AppValidator } from './app-validator.ts';
import { type AppChange, patchApp } from './patch-app.ts';
import { PermissionChanges } from './permission-changes.ts';

export interface AppCreation {
  readonly tenant: Tenant;
  /** Chosen by who asks, so that a repeat is recognisable. */
  readonly appId: string;
  readonly patch: AppPatch;
}

export interface AppUpdate {
  readonly tenant: Tenant;
  readonly appId: string;
  readonly patch: AppPatch;
  /** Fails with `precondition_failed` unless it is the app's present revision. */
  readonly ifRevision: bigint | undefined;
}

const APP_ID = /^app_[0-9a-z_]{1,60}$/;

/** Makes and changes apps with their one endpoint. A change and its snapshot are one transaction, which locks the app first. */
@Injectable()
export class AppsService {
  constructor(
    private readonly database: Database,
    private readonly transactions: Transactions,
    private readonly outbox: Outbox,
    private readonly apps: AppsRepository,
    private readonly validator: AppValidator,
    private readonly permissionChanges: PermissionChanges,
  ) {}

  get(tenant: Tenant, appId: string): Promise<PartnerApp> {
    return this.apps.get(this.database.prisma, appId, tenant);
  }

  /** For the operator, whoever's it is. Throws `not_found`. */
  getAnybodys(appId: string): Promise<PartnerApp> {
    return this.apps.get(this.database.prisma, appId);
  }

  /** Throws `not_found`. */
  getClient(clientId: string): Promise<OAuthClient> {
    return this.apps.getClient(this.database.prisma, clientId);
  }

  async list(tenant: Tenant, page: PageRequest): Promise<{ rows: readonly PartnerApp[]; nextCursor: string }> {
    return cutPage(await this.apps.list(this.database.prisma, tenant, page), page.limit);
  }

  /** The new app; a repeat gives the app that the first request made, as it is now. */
  async create({ tenant, appId, patch }: AppCreation): Promise<PartnerApp> {
    // Whoever has a token of one app makes no other.
    if (tenant.appId !== undefined) throw notFound('partner');
    if (!APP_ID.test(appId)) throw validationFailed([invalid('/id', 'is not an app id')]);
    const found = await this.validator.checkTarget(patch);
    return this.transactions.run(async (tx) => {
      const { app } = patchApp(blank(tenant, appId), patch, this.validator.endpointContext());
      await this.validator.accept(tx, { app, patch, found });
      if (!(await this.apps.hasPartner(tx, tenant))) throw notFound('partner');
      if (!(await this.apps.insert(tx, app))) return this.apps.get(tx, appId, tenant);
      if (app.endpoint !== null) await this.outbox.add(tx, [endpointSnapshot(app)]);
      await addToAuditLog(tx, { appId, action: 'app.created', details: { mode: app.mode, webhook: app.endpoint !== null } });
      return app;
    });
  }

  /** The changed app, and whether the patch gave it an endpoint where it had none. */
  async update({ tenant, appId, patch, ifRevision }: AppUpdate): Promise<{ app: PartnerApp; endpointCreated: boolean }> {
    await this.apps.get(this.database.prisma, appId, tenant);
    const found = await this.validator.checkTarget(patch);
    const updated = await this.transactions.run(async (tx) => {
      const current = await this.apps.lock(tx, appId, tenant);
      if (ifRevision !== undefined && ifRevision !== current.revision) throw stale();
      const change = patchApp(current, patch, this.validator.endpointContext());
      await this.validator.accept(tx, { app: change.app, patch, found });
      await this.save(tx, change);
      if (change.changed)
        await addToAuditLog(tx, { appId, action: 'app.updated', details: { changed: changedFields(current, change.app) } });
      const finished = !change.permissionsChanged || (await this.permissionChanges.applySome(tx, change.app));
      return { app: change.app, endpointCreated: current.endpoint === null && change.app.endpoint !== null, finished };
    });
    if (!updated.finished) this.permissionChanges.finish();
    return updated;
  }

  /** Writes a change of an app that the transaction has locked, and its snapshot. */
  async save(tx: Queries, { app, changed, endpointChanged }: AppChange): Promise<void> {
    if (changed) await this.apps.update(tx, app);
    if (endpointChanged) await this.outbox.add(tx, [endpointSnapshot(app)]);
  }
}

function blank({ partnerId, mode }: Tenant, id: string): PartnerApp {
  const now = new Date();
  return {
    ...APP_DEFAULTS,
    id,
    partnerId,
    mode,
    clientId: randomUUID(),
    endpoint: null,
    revision: 0n,
    endpointRevision: 0n,
    permissionRevision: 0n,
    suspendedAt: null,
    createdAt: now,
    updatedAt: now,
  };
}

function stale(): Problem {
  return new Problem('precondition_failed', 'The app was changed since; read it again.');
}
