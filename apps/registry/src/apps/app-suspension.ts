import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { type Logger, LOGGER, validationFailed } from '@hookwright/runtime';
import { addToAuditLog } from '../audit/audit-log.ts';
import { Database, type Queries } from '../database/database.ts';
import { RemainingWork } from '../database/remaining-work.ts';
import { Transactions } from '../database/transactions.ts';
import { checkText } from '../fields/field-rules.ts';
import { InstallationsService } from '../installations/installations.service.ts';
import type { PartnerApp } from './app.ts';
import { AppsRepository } from './apps.repository.ts';

// A process that died in the midst of it is not missed for longer.
const LOOK_EVERY_MS = 60_000;
const WORDS = { max: 200 };

/**
 * The operator suspends whole apps. Their installations follow: all that are not suspended by themselves, and these alone come back at the
 * end. An app may have more installations than one transaction can change in good time, so that the rest of them is done in further ones.
 */
@Injectable()
export class AppSuspension implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly remaining: RemainingWork;

  constructor(
    private readonly database: Database,
    private readonly transactions: Transactions,
    private readonly apps: AppsRepository,
    private readonly installations: InstallationsService,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.remaining = new RemainingWork({
      doSome: () => this.followMore(),
      onFailure: (reason) => logger.warn({ reason }, 'suspension.waiting'),
      everyMs: LOOK_EVERY_MS,
    });
  }

  onApplicationBootstrap(): void {
    this.remaining.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.remaining.stop();
  }

  /** Whoever's app it is. Throws `not_found`. */
  async suspendedAt(appId: string): Promise<Date | null> {
    return (await this.apps.get(this.database.prisma, appId)).suspendedAt;
  }

  /** Idempotent: what was suspended before stays so since then. The app as it is now. */
  suspend(appId: string, reason: string): Promise<PartnerApp> {
    return this.change(appId, { reason, action: 'app.suspended', at: new Date() });
  }

  /** Idempotent likewise. */
  unsuspend(appId: string, reason: string): Promise<PartnerApp> {
    return this.change(appId, { reason, action: 'app.unsuspended', at: null });
  }

  private async change(appId: string, { reason, action, at }: { reason: string; action: string; at: Date | null }): Promise<PartnerApp> {
    const errors = checkText('/reason', reason, WORDS);
    if (errors.length > 0) throw validationFailed(errors);
    const { app, finished } = await this.transactions.run(async (tx) => {
      const current = await this.apps.lock(tx, appId);
      if ((current.suspendedAt === null) === (at === null)) return { app: current, finished: true };
      const changed = { ...current, suspendedAt: at, revision: current.revision + 1n, updatedAt: new Date() };
      await this.apps.saveSuspension(tx, changed);
      await addToAuditLog(tx, { appId, action, details: { reason } });
      return { app: changed, finished: await this.followSome(tx, changed) };
    });
    if (!finished) this.remaining.wake();
    return app;
  }

  /** In a transaction that has locked the app. False when there are more installations. */
  private async followSome(tx: Queries, app: PartnerApp): Promise<boolean> {
    const finished = await this.installations.followSuspension(tx, app, new Date());
    if (finished) await this.apps.markSuspensionApplied(tx, app);
    return finished;
  }

  /** False when there was nothing to do. */
  private followMore(): Promise<boolean> {
    return this.transactions.run(async (tx) => {
      const app = await this.apps.lockSuspensionBehind(tx);
      if (app === undefined) return false;
      await this.followSome(tx, app);
      return true;
    });
  }
}
