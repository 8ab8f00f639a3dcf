import { Injectable } from '@nestjs/common';
import { newId } from '@hookwright/contracts';
import { type FieldError, validationFailed } from '@hookwright/runtime';
import { type PartnerApp, scopesOf, type Tenant } from '../apps/app.ts';
import { AppsRepository } from '../apps/apps.repository.ts';
import type { Queries } from '../database/database.ts';
import { Outbox } from '../database/outbox.ts';
import { Transactions } from '../database/transactions.ts';
import { checkCount, checkText, invalid } from '../fields/field-rules.ts';
import type { Mode } from '../generated/prisma/enums.ts';
import type { Cause, Installation, InstallationChange } from './installation.ts';
import { announcements } from './installation.message.ts';
import { InstallationsRepository } from './installations.repository.ts';
import { firstInstall, type Grant, installAgain, revoke } from './transition.ts';

/** An installation with its app, whose permissions tell what its scopes mean. */
export interface InstalledApp {
  readonly app: PartnerApp;
  readonly installation: Installation;
}

const MERCHANT_ID = /^[A-Za-z0-9_.:-]{1,64}$/;
const MAX_SCOPES = 100;
// Three rows each; some 100 ms.
const REVOKED_AT_ONCE = 500;
const WORDS = { max: 200 };

/**
 * Installs and revokes. A transition, its history, its snapshot and its lifecycle event are one transaction, which locks the
 * app against change and then the installation.
 */
@Injectable()
export class InstallationsService {
  constructor(
    private readonly transactions: Transactions,
    private readonly outbox: Outbox,
    private readonly apps: AppsRepository,
    private readonly installations: InstallationsRepository,
  ) {}

  /** Idempotent: `created` is false when nothing was installed, because it was before. */
  install(grant: Grant, cause: Cause): Promise<InstalledApp & { created: boolean }> {
    return this.transactions.run(async (tx) => {
      const app = await this.apps.lockShared(tx, grant.appId);
      const errors = checkGrant(grant, app);
      if (errors.length > 0) throw validationFailed(errors);
      const { installation, change } = await this.grant(tx, grant, cause);
      if (change !== undefined) await this.record(tx, [change], app.mode);
      return { app, installation, created: change?.kind === 'created' };
    });
  }

  /** Idempotent: what was revoked before stays as it is. */
  revoke({ tenant, appId, id }: { tenant: Tenant; appId: string; id: string }, cause: Cause): Promise<InstalledApp> {
    return this.transactions.run(async (tx) => {
      const app = await this.apps.lockShared(tx, appId, tenant);
      const installation = await this.installations.lock(tx, appId, id);
      const errors = checkText('/reason', cause.reason, WORDS);
      if (errors.length > 0) throw validationFailed(errors);
      const change = revoke(installation, cause);
      if (change === undefined) return { app, installation };
      await this.installations.update(tx, change.installation);
      await this.record(tx, [change], app.mode);
      return { app, installation: change.installation };
    });
  }

  /**
   * Ends installations of an app that nobody can install any more, at most as many as one transaction does in good time.
   * True when that were all.
   */
  async revokeSome(tx: Queries, { id, mode }: Pick<PartnerApp, 'id' | 'mode'>, cause: Cause): Promise<boolean> {
    const live = await this.installations.lockLive(tx, id, REVOKED_AT_ONCE);
    const changes = live.map((installation) => revoke(installation, cause)).filter((change) => change !== undefined);
    await this.installations.updateRevoked(
      tx,
      live.map((installation) => installation.id),
      cause,
    );
    await this.record(tx, changes, mode);
    return live.length < REVOKED_AT_ONCE;
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
    await this.outbox.add(
      tx,
      changes.flatMap((change) => announcements(change, mode)),
    );
  }
}

function checkGrant({ merchantId, scopes, installedBy }: Grant, { permissions }: PartnerApp): FieldError[] {
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
