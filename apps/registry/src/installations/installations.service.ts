import { Injectable } from '@nestjs/common';
import { INSTALL_CREATED_TYPE, newId } from '@hookwright/contracts';
import { type FieldError, validationFailed } from '@hookwright/runtime';
import { type PartnerApp, scopesOf, type Tenant } from '../apps/app.ts';
import { AppsRepository } from '../apps/apps.repository.ts';
import type { Queries } from '../database/database.ts';
import { Outbox } from '../database/outbox.ts';
import { Transactions } from '../database/transactions.ts';
import { choosesAppEvent } from '../endpoints/event-choice.ts';
import { checkCount, checkText, invalid } from '../fields/field-rules.ts';
import type { Mode } from '../generated/prisma/enums.ts';
import { coveredPermissions, isCovered, wantedScopes } from './coverage.ts';
import type { Cause, Installation, InstallationChange } from './installation.ts';
import { announcements } from './installation.message.ts';
import { InstallationsRepository } from './installations.repository.ts';
import { Redactions } from './redactions.ts';
import { firstInstall, type Grant, installAgain, reconsider, revoke, suspend, unsuspend } from './transition.ts';

/** Names one installation of one of the tenant's apps. */
export interface InstallationRef {
  readonly tenant: Tenant;
  readonly appId: string;
  readonly id: string;
}

/** Who is to have what scopes of which app. */
export type InstallWish = Omit<Grant, 'permissions' | 'wanted' | 'permissionRevision' | 'tellsCreated'>;

/** What a request does to an installation; undefined: nothing, it was so before. */
type Transition = (current: Installation, app: PartnerApp) => InstallationChange | undefined;

const MERCHANT_ID = /^[A-Za-z0-9_.:-]{1,64}$/;
const MAX_SCOPES = 100;
// Three rows each; some 100 ms.
const CHANGED_AT_ONCE = 500;
const WORDS = { max: 200 };

/**
 * Installs, suspends and revokes. A transition, its history, its snapshot and its lifecycle event are one transaction, which locks the
 * app against change and then the installation.
 */
@Injectable()
export class InstallationsService {
  constructor(
    private readonly transactions: Transactions,
    private readonly outbox: Outbox,
    private readonly apps: AppsRepository,
    private readonly installations: InstallationsRepository,
    private readonly redactions: Redactions,
  ) {}

  /** Idempotent: `created` is false when nothing was installed, because it was before. */
  install(wish: InstallWish, cause: Cause): Promise<{ installation: Installation; created: boolean }> {
    return this.transactions.run(async (tx) => {
      const app = await this.apps.lockShared(tx, wish.appId);
      const errors = checkWish(wish, app);
      if (errors.length > 0) throw validationFailed(errors);
      const { installation, change } = await this.grant(tx, grantOf(wish, app), cause);
      if (change !== undefined) await this.record(tx, [change], app.mode);
      return { installation, created: change?.kind === 'created' };
    });
  }

  /** Idempotent: what was revoked before stays as it is. */
  revoke(which: InstallationRef, cause: Cause): Promise<Installation> {
    return this.change(which, cause, (current) => revoke(current, cause));
  }

  /** Idempotent. Throws `installation_not_active`. */
  suspend(which: InstallationRef, cause: Cause): Promise<Installation> {
    return this.change(which, cause, (current) => suspend(current, cause));
  }

  /** Idempotent. Throws `installation_not_active`. */
  unsuspend(which: InstallationRef, cause: Cause): Promise<Installation> {
    return this.change(which, cause, (current, { permissions }) => unsuspend(current, isCovered(current, permissions), cause));
  }

  /**
   * Ends installations of an app that nobody can install any more, at most as many as one transaction does in good time.
   * True when that were all.
   */
  async revokeSome(tx: Queries, { id, mode }: Pick<PartnerApp, 'id' | 'mode'>, cause: Cause): Promise<boolean> {
    const live = await this.installations.lockLive(tx, id, CHANGED_AT_ONCE);
    const changes = live.map((installation) => revoke(installation, cause)).filter((change) => change !== undefined);
    await this.installations.updateRevoked(
      tx,
      live.map((installation) => installation.id),
      cause,
    );
    await this.record(tx, changes, mode);
    return live.length < CHANGED_AT_ONCE;
  }

  /** Looks again at installations whose app asks for something else now, as many at once likewise. True when that were all. */
  async reconsiderSome(tx: Queries, app: PartnerApp, now: Date): Promise<boolean> {
    const behind = await this.installations.lockBehind(tx, app, CHANGED_AT_ONCE);
    const changes = behind.map((installation) => reconsidered(installation, app, now)).filter((change) => change !== undefined);
    await this.installations.updateReconsidered(tx, app, { behind, changes });
    await this.record(tx, changes, app.mode);
    return behind.length < CHANGED_AT_ONCE;
  }

  private change({ tenant, appId, id }: InstallationRef, cause: Cause, transition: Transition): Promise<Installation> {
    return this.transactions.run(async (tx) => {
      const app = await this.apps.lockShared(tx, appId, tenant);
      const installation = await this.installations.lock(tx, appId, id);
      const errors = checkText('/reason', cause.reason, WORDS);
      if (errors.length > 0) throw validationFailed(errors);
      const change = transition(installation, app);
      if (change === undefined) return installation;
      await this.installations.update(tx, change.installation);
      await this.record(tx, [change], app.mode);
      return change.installation;
    });
  }

  private async grant(
    tx: Queries,
    grant: Grant,
    cause: Cause,
  ): Promise<{ installation: Installation; change: InstallationChange | undefined }> {
    const first = firstInstall(newId('ins'), grant, cause);
    if (await this.installations.insert(tx, first.installation)) return { installation: first.installation, change: first };
    const current = await this.installations.lockOfMerchant(tx, grant.appId, grant.merchantId);
    const change = installAgain(current, grant, cause);
    if (change !== undefined) await this.installations.update(tx, change.installation);
    return { installation: change?.installation ?? current, change };
  }

  private async record(tx: Queries, changes: readonly InstallationChange[], mode: Mode): Promise<void> {
    await this.installations.addTransitions(tx, changes);
    await this.redactions.plan(tx, changes);
    await this.outbox.add(
      tx,
      changes.flatMap((change) => announcements(change, mode)),
    );
  }
}

function grantOf(wish: InstallWish, app: PartnerApp): Grant {
  const permissions = coveredPermissions(wish.scopes, app.permissions);
  return {
    ...wish,
    permissions,
    wanted: wantedScopes(app.permissions, permissions),
    permissionRevision: app.permissionRevision,
    tellsCreated: choosesAppEvent(app.endpoint, INSTALL_CREATED_TYPE),
  };
}

function reconsidered(installation: Installation, { permissions }: PartnerApp, now: Date): InstallationChange | undefined {
  const covered = isCovered(installation, permissions);
  const reason = covered ? 'permissions narrowed' : 'permissions widened';
  return reconsider(installation, covered, { actor: 'partner', reason, now });
}

function checkWish({ merchantId, scopes, installedBy }: InstallWish, { permissions }: PartnerApp): FieldError[] {
  const grantable = scopesOf(permissions);
  return [
    ...(MERCHANT_ID.test(merchantId) ? [] : [invalid('/merchant_id', 'must be 1 to 64 of A-Za-z0-9_.:-')]),
    ...checkText('/installed_by', installedBy, WORDS),
    ...checkCount('/scopes', scopes, { max: MAX_SCOPES }),
    ...scopes.flatMap((scope, index) =>
      grantable.has(scope) ? [] : [invalid(`/scopes/${index}`, 'is not a scope that a permission of the app asks for')],
    ),
  ];
}
