import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Backoff } from '@hookwright/kafka';
import { type Logger, LOGGER } from '@hookwright/runtime';
import type { Queries } from '../database/database.ts';
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
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  private again = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly transactions: Transactions,
    private readonly apps: AppsRepository,
    private readonly installations: InstallationsService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Goes on where a process may have died. Does not wait: the service's health must answer in the meantime. */
  onApplicationBootstrap(): void {
    this.finish();
    this.timer = setInterval(() => this.finish(), LOOK_EVERY_MS);
    this.timer.unref();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    clearInterval(this.timer);
    await this.running;
  }

  /** In the transaction that changes, and has locked, the app. False when there are more installations. */
  async applySome(tx: Queries, app: PartnerApp): Promise<boolean> {
    const finished = await this.installations.reconsiderSome(tx, app, new Date());
    if (finished) await this.apps.markPermissionsApplied(tx, app);
    return finished;
  }

  /** Does what is left to do, of every app, without being waited for. */
  finish(): void {
    this.again = true;
    this.running ??= this.applyAll().finally(() => {
      this.running = undefined;
      if (this.again && !this.stopping.signal.aborted) this.finish();
    });
  }

  private async applyAll(): Promise<void> {
    this.again = false;
    const backoff = new Backoff(this.stopping.signal);
    do {
      try {
        while (!this.stopping.signal.aborted && (await this.applyMore()));
        return;
      } catch (error) {
        this.logger.warn({ reason: (error as Error).message }, 'permissions.waiting');
      }
    } while (await backoff.wait());
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
