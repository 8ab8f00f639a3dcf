import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { LOGGER, type Logger, asProblem } from '@hookwright/runtime';
import { type Tenant, keyMode, protoMode } from '../access/caller.ts';
import { Backends } from '../backends/backends.ts';
import { found } from '../backends/found.ts';
import { EverySecond } from '../due-work/every-second.ts';
import type { ErasureReason, SecretErasure } from '../generated/prisma/client.ts';
import { AppAccess } from '../oauth/app-access.ts';
import { AppLock } from './app-lock.ts';
import { ErasuresRepository } from './erasures.repository.ts';

const BATCH = 20;
// A call whose answer was lost may still be running at the registry; it gives up after 4.5 s.
const SETTLE_MS = 6000;
const RETRY_MS = 5000;

/**
 * Secrets that have to go, from the vault and, with the app itself, from here, where its tokens go too. What is intended is stored before
 * the registry is told, so that neither a vault that is away nor a crash in between leaves a deleted app's secrets behind.
 */
@Injectable()
export class Erasures implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly due = new EverySecond(
    () => this.settleDue(),
    (reason) => this.logger.warn({ reason }, 'secret_erasure.waiting'),
  );

  constructor(
    private readonly repository: ErasuresRepository,
    private readonly backends: Backends,
    private readonly lock: AppLock,
    private readonly appAccess: AppAccess,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.due.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.due.stop();
  }

  /** To be called before the change that makes the app's secrets needless. Whether it came about is looked up before anything is erased. */
  async plan({ partnerId, mode }: Tenant, appId: string, reason: ErasureReason, dueMs = SETTLE_MS): Promise<void> {
    await this.repository.put({ appId, partnerId, mode: keyMode(mode), reason, dueAt: new Date(Date.now() + dueMs) });
  }

  /** The change has come about: erases now, or later when the vault is away. Under the app's lock. */
  async finish(appId: string, reason: ErasureReason): Promise<void> {
    try {
      await this.erase(appId, reason);
      await this.repository.delete(appId);
    } catch (error) {
      this.logger.warn({ app_id: appId, reason: asProblem(error).message }, 'secret_erasure.postponed');
    }
  }

  /** The app is to have secrets again: what was planned before is done now or, when it cannot be, rejects. Under the app's lock. */
  async settleBefore(appId: string): Promise<void> {
    if ((await this.repository.find(appId)) === null) return;
    await this.backends.vault.eraseSecrets({ appId });
    await this.repository.delete(appId);
  }

  private async settleDue(): Promise<void> {
    for (const { appId } of await this.repository.listDue(new Date(), BATCH)) {
      try {
        await this.lock.hold(appId, () => this.settle(appId));
      } catch (error) {
        this.logger.warn({ app_id: appId, reason: asProblem(error).message }, 'secret_erasure.postponed');
        await this.repository.postpone(appId, new Date(Date.now() + RETRY_MS));
      }
    }
  }

  private async settle(appId: string): Promise<void> {
    // Someone else may have settled it while this one waited for the lock.
    const erasure = await this.repository.find(appId);
    if (erasure === null) return;
    if (await this.isNeeded(erasure)) await this.erase(appId, erasure.reason);
    await this.repository.delete(appId);
    this.logger.info({ app_id: appId, reason: erasure.reason }, 'secret_erasure.settled');
  }

  private async erase(appId: string, reason: ErasureReason): Promise<void> {
    // An app without an endpoint still is a client. First: what is ours to end does not wait for the vault.
    if (reason !== 'endpoint_removed') await this.appAccess.erase(appId);
    await this.backends.vault.eraseSecrets({ appId });
  }

  private async isNeeded(erasure: SecretErasure): Promise<boolean> {
    const { appId, partnerId, mode, reason } = erasure;
    const tenant = { partnerId, mode: protoMode(mode) };
    const app = (await found(this.backends.registry.getApp({ tenant, appId })))?.app;
    if (app === undefined) return true;
    if (reason === 'endpoint_removed') return app.webhook === undefined;
    if (reason === 'app_deleted') return false;
    // It was answered that the app was not created: make that true.
    await this.backends.registry.deleteApp({ tenant, appId });
    return true;
  }
}
