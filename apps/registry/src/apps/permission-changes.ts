import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { type Logger, LOGGER } from '@hookwright/runtime';
import type { Queries } from '../database/database.ts';
import { RemainingWork } from '../database/remaining-work.ts';
import { Transactions } from '../database/transactions.ts';
import { InstallationsService } from '../installations/installations.service.ts';
import type { PartnerApp } from './app.ts';
import { AppsRepository } from './apps.repository.ts';

// A process that died in the midst of it is not missed for longer.
const LOOK_EVERY_MS = 60_000;

/**
 * Takes a change of an app's permissions to its installations: those it asks more of wait for their merchants' consent and go on with what
 * they have. An app may have more installations than one transaction can change in good time, so that the rest of them is done in further ones.
 */
@Injectable()
export class PermissionChanges implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly remaining: RemainingWork;

  constructor(
    private readonly transactions: Transactions,
    private readonly apps: AppsRepository,
    private readonly installations: InstallationsService,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.remaining = new RemainingWork({
      doSome: () => this.applyMore(),
      onFailure: (reason) => logger.warn({ reason }, 'permissions.waiting'),
      everyMs: LOOK_EVERY_MS,
    });
  }

  onApplicationBootstrap(): void {
    this.remaining.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.remaining.stop();
  }

  /** In the transaction that changes, and has locked, the app. False when there are more installations. */
  async applySome(tx: Queries, app: PartnerApp): Promise<boolean> {
    const finished = await this.installations.reconsiderSome(tx, app, new Date());
    if (finished) await this.apps.markPermissionsApplied(tx, app);
    return finished;
  }

  /** Does what is left to do, of every app, without being waited for. */
  finish(): void {
    this.remaining.wake();
  }

  /** False when there was nothing to do. */
  private applyMore(): Promise<boolean> {
    return this.transactions.run(async (tx) => {
      const app = await this.apps.lockPermissionsBehind(tx);
      if (app === undefined) return false;
      await this.applySome(tx, app);
      return true;
    });
  }
}
