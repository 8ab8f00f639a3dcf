import { Injectable } from '@nestjs/common';
import { newId } from '@hookwright/contracts';
import { Problem, validationFailed } from '@hookwright/runtime';
import { type PartnerApp, refuseSuspended, type Tenant } from '../apps/app.ts';
import { AppsRepository } from '../apps/apps.repository.ts';
import { addAllToAuditLog, addToAuditLog, forgetMerchantOf } from '../audit/audit-log.ts';
import type { Queries } from '../database/database.ts';
import { Outbox } from '../database/outbox.ts';
import { Transactions } from '../database/transactions.ts';
import { checkText } from '../fields/field-rules.ts';
import type { Mode } from '../generated/prisma/enums.ts';
import { checkMerchantId } from '../merchants/merchant-id.ts';
import { isCovered } from './coverage.ts';
import { checkWish, grantOf, type InstallWish } from './install-wish.ts';
import type { Cause, Installation, InstallationChange } from './installation.ts';
import { announcements, installationRemoved } from './installation.message.ts';
import { InstallationsRepository } from './installations.repository.ts';
import { Redactions } from './redactions.ts';
import {
  awaitConsent,
  firstInstall,
  type Grant,
  installAgain,
  reconsider,
  revoke,
  suspend,
  suspendWithApp,
  unsuspend,
} from './transition.ts';

/** Names one installation of one of the tenant's apps. */
export interface InstallationRef {
  readonly tenant: Tenant;
  readonly appId: string;
  readonly id: string;
}

/** What a request does to an installation; undefined: nothing, it was so before. */
type Transition = (current: Installation, app: PartnerApp) => InstallationChange | undefined;

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

  /** What there is between an app and a merchant; if nothing, an installation begins that waits for his consent. */
  beginConsent({ appId, merchantId }: Pick<Grant, 'appId' | 'merchantId'>, cause: Cause): Promise<Installation> {
    return this.transactions.run(async (tx) => {
      refuseSuspended(await this.apps.lockShared(tx, appId));
      const errors = checkMerchantId(merchantId);
      if (errors.length > 0) throw validationFailed(errors);
      const known = await this.installations.findOfMerchant(tx, appId, merchantId);
      if (known !== undefined) return known;
      const waiting = awaitConsent(newId('ins'), { appId, merchantId }, cause);
      if (!(await this.installations.insert(tx, waiting))) return this.installations.lockOfMerchant(tx, appId, merchantId);
      await this.installations.addTransitions(tx, [{ installation: waiting, previousStatus: null, cause }]);
      return waiting;
    });
  }

  /** Idempotent: `created` is false when nothing was installed, because it was before. */
  install(wish: InstallWish, cause: Cause): Promise<{ installation: Installation; created: boolean }> {
    return this.transactions.run(async (tx) => {
      const app = await this.apps.lockShared(tx, wish.appId);
      refuseSuspended(app);
      const errors = checkWish(wish, app);
      if (errors.length > 0) throw validationFailed(errors);
      if (wish.consent?.generation !== undefined) await this.checkGoesOn(tx, wish, wish.consent.generation);
      const { installation, change } = await this.grant(tx, grantOf(wish, app), cause);
      if (change !== undefined) await this.recordAsked(tx, change, app.mode);
      return { installation, created: change?.kind === 'created' };
    });
  }

  /** Idempotent: what was revoked before stays as it is. Throws `installation_not_active` for what waits for consent. */
  revoke(which: InstallationRef, cause: Cause): Promise<Installation> {
    return this.change(which, cause, (current) => revoke(current, cause));
  }

  /** Idempotent. Throws `installation_not_active`, and `app_suspended` or `conflict`: until its app is back there is nothing to choose. */
  suspend(which: InstallationRef, cause: Cause): Promise<Installation> {
    return this.change(which, cause, (current, app) => {
      refuseSuspended(app);
      return suspend(current, cause);
    });
  }

  /** Idempotent. Throws likewise. */
  unsuspend(which: InstallationRef, cause: Cause): Promise<Installation> {
    return this.change(which, cause, (current, app) => {
      refuseSuspended(app);
      return unsuspend(current, isCovered(current, app.permissions), cause);
    });
  }

  /**
   * Ends installations of an app that nobody can install any more, at most as many as one transaction does in good time.
   * True when that were all.
   */
  async revokeSome(tx: Queries, { id, mode }: Pick<PartnerApp, 'id' | 'mode'>, cause: Cause): Promise<boolean> {
    const pending = await this.installations.deletePending(tx, { appId: id }, CHANGED_AT_ONCE);
    const live = await this.installations.lockLive(tx, id, CHANGED_AT_ONCE);
    await this.revokeThose(tx, live, { mode, cause });
    return Math.max(pending, live.length) < CHANGED_AT_ONCE;
  }

  /** Ends installations of a merchant, as many at once likewise; what his apps have of him is to go at once. How many it were. */
  async revokeOfMerchant(tx: Queries, merchantId: string, cause: Cause): Promise<number> {
    await this.installations.deletePending(tx, { merchantId }, CHANGED_AT_ONCE);
    const live = await this.installations.lockLiveOfMerchant(tx, merchantId, CHANGED_AT_ONCE);
    for (const [mode, ofMode] of Map.groupBy(live, (each) => each.mode)) {
      await this.revokeThose(
        tx,
        ofMode.map(({ installation }) => installation),
        { mode, cause },
      );
    }
    // His history goes: what an app had of him, and until when, is told by its log alone.
    await addAllToAuditLog(
      tx,
      live.map(({ installation: { id, appId, generation } }) => ({
        appId,
        action: 'installation.revoked',
        target: id,
        details: { generation, reason: cause.reason },
      })),
    );
    await this.redactions.hasten(tx, merchantId, cause.now);
    return live.length;
  }

  /** Takes away a merchant's installations that have ended and of which nobody is to be told any more, as many at once. How many. */
  async removeOfMerchant(tx: Queries, merchantId: string): Promise<number> {
    const over = await this.installations.lockOverOfMerchant(tx, merchantId, CHANGED_AT_ONCE);
    await this.outbox.add(tx, over.map(installationRemoved));
    await forgetMerchantOf(tx, over);
    await addAllToAuditLog(
      tx,
      over.map(({ id, appId }) => ({ appId, action: 'installation.erased', target: id })),
    );
    await this.installations.remove(tx, over);
    return over.length;
  }

  hasMerchant(tx: Queries, merchantId: string): Promise<boolean> {
    return this.installations.hasMerchant(tx, merchantId);
  }

  /** Looks again at installations whose app asks for something else now, as many at once likewise. True when that were all. */
  async reconsiderSome(tx: Queries, app: PartnerApp, now: Date): Promise<boolean> {
    const behind = await this.installations.lockBehind(tx, app, CHANGED_AT_ONCE);
    const changes = behind.map((installation) => reconsidered(installation, app, now)).filter((change) => change !== undefined);
    await this.installations.updateReconsidered(tx, app, { behind, changes });
    await this.record(tx, changes, app.mode);
    return behind.length < CHANGED_AT_ONCE;
  }

  /** Suspends installations whose app is, or brings back those that were suspended with it, as many at once. True when that were all. */
  async followSuspension(tx: Queries, app: PartnerApp, now: Date): Promise<boolean> {
    const unlike = await this.installations.lockUnlikeApp(tx, app, CHANGED_AT_ONCE);
    const changes = unlike.map((installation) => followed(installation, app, now)).filter((change) => change !== undefined);
    await this.installations.updateStatuses(tx, changes);
    await this.record(tx, changes, app.mode);
    return unlike.length < CHANGED_AT_ONCE;
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
      await this.recordAsked(tx, change, app.mode);
      return change.installation;
    });
  }

  /** Throws `installation_not_active` when this generation has ended: who changes what an app may do does not install it again. */
  private async checkGoesOn(tx: Queries, { appId, merchantId }: Pick<Grant, 'appId' | 'merchantId'>, generation: number): Promise<void> {
    const current = await this.installations.lockOfMerchant(tx, appId, merchantId);
    if (current.generation === generation && current.status !== 'revoked' && current.status !== 'pending_consent') return;
    throw new Problem('installation_not_active', 'The installation was revoked.');
  }

  private async revokeThose(tx: Queries, live: readonly Installation[], { mode, cause }: { mode: Mode; cause: Cause }): Promise<void> {
    const changes = live.map((installation) => revoke(installation, cause)).filter((change) => change !== undefined);
    await this.installations.updateRevoked(
      tx,
      live.map((installation) => installation.id),
      cause,
    );
    await this.record(tx, changes, mode);
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

  /** What somebody asked for is in the audit log; what follows from a change of the app, for many at once, is in each one's history. */
  private async recordAsked(tx: Queries, change: InstallationChange, mode: Mode): Promise<void> {
    await this.record(tx, [change], mode);
    const { appId, id, merchantId, generation, grantedScopes } = change.installation;
    const details = { merchant_id: merchantId, generation, granted_scopes: grantedScopes, reason: change.cause.reason };
    await addToAuditLog(tx, { appId, action: `installation.${change.kind}`, target: id, details });
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

function reconsidered(installation: Installation, { permissions }: PartnerApp, now: Date): InstallationChange | undefined {
  const covered = isCovered(installation, permissions);
  const reason = covered ? 'permissions narrowed' : 'permissions widened';
  return reconsider(installation, covered, { actor: 'partner', reason, now });
}

function followed(installation: Installation, { permissions, suspendedAt }: PartnerApp, now: Date): InstallationChange | undefined {
  const by = { actor: 'operator', now } as const;
  if (suspendedAt !== null) return suspendWithApp(installation, { ...by, reason: 'app suspended' });
  return unsuspend(installation, isCovered(installation, permissions), { ...by, reason: 'app unsuspended' });
}
