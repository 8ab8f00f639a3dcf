import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { App } from '@hookwright/contracts';
import { LOGGER, type Logger, asProblem } from '@hookwright/runtime';
import { present } from '../apps/apps.reader.ts';
import { Backends } from '../backends/backends.ts';
import { found } from '../backends/found.ts';
import { EverySecond } from '../due-work/every-second.ts';
import { AppLock } from '../erasures/app-lock.ts';
import { AccessTokens } from '../oauth/access-tokens.ts';
import { AppHoldsRepository } from './app-holds.repository.ts';

const BATCH = 20;
// A call whose answer was lost may still be running at the registry; it gives up after 1.8 s.
const SETTLE_MS = 4000;
const RETRY_MS = 5000;

/**
 * Suspensions of whole apps by the operator. The registry knows which app is suspended; here is held what must open nothing meanwhile: all
 * tokens of the app, its own and its merchants', by one row, however many they are. The hold comes before the suspension and goes after its
 * end; of a call that failed or a process that died in between, the registry is asked what is true.
 */
@Injectable()
export class AppHolds implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly due = new EverySecond(
    () => this.settleDue(),
    (reason) => this.logger.warn({ reason }, 'app_hold.waiting'),
  );

  constructor(
    private readonly repository: AppHoldsRepository,
    private readonly backends: Backends,
    private readonly lock: AppLock,
    private readonly accessTokens: AccessTokens,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.due.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.due.stop();
  }

  /** Whoever's app it is. When it is answered, no token of the app opens anything here; at other replicas within a second. */
  async suspend(appId: string, reason: string): Promise<App> {
    return await this.lock.hold(appId, async () => {
      await this.repository.put(appId, new Date(Date.now() + SETTLE_MS));
      const app = present((await this.backends.registry.suspendApp({ appId, reason })).app);
      await this.repository.put(appId, null);
      this.accessTokens.forget();
      return app;
    });
  }

  async unsuspend(appId: string, reason: string): Promise<App> {
    return await this.lock.hold(appId, async () => {
      await this.repository.postpone(appId, new Date(Date.now() + SETTLE_MS));
      const app = present((await this.backends.registry.unsuspendApp({ appId, reason })).app);
      await this.repository.delete(appId);
      return app;
    });
  }

  private async settleDue(): Promise<void> {
    for (const appId of await this.repository.listDue(new Date(), BATCH)) {
      try {
        await this.lock.hold(appId, () => this.settle(appId));
      } catch (error) {
        this.logger.warn({ app_id: appId, reason: asProblem(error).message }, 'app_hold.postponed');
        await this.repository.postpone(appId, new Date(Date.now() + RETRY_MS));
      }
    }
  }

  private async settle(appId: string): Promise<void> {
    // Someone else may have settled it while this one waited for the lock.
    if (!(await this.repository.isDue(appId, new Date()))) return;
    const isSuspended = await this.isSuspended(appId);
    if (isSuspended) await this.repository.put(appId, null);
    else await this.repository.delete(appId);
    this.accessTokens.forget();
    this.logger.info({ app_id: appId, is_suspended: isSuspended }, 'app_hold.settled');
  }

  /** An app that is gone has no tokens to hold. */
  private async isSuspended(appId: string): Promise<boolean> {
    return (await found(this.backends.registry.getAppSuspension({ appId })))?.suspendedAtMs !== undefined;
  }
}
