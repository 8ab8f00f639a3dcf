import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { LOGGER, type Logger, asProblem } from '@hookwright/runtime';
import { Backends } from '../backends/backends.ts';
import { EverySecond } from '../due-work/every-second.ts';
import type { MerchantErasure } from '../generated/prisma/client.ts';
import { Grants } from '../grants/grants.ts';
import { MerchantErasuresRepository } from './merchant-erasures.repository.ts';

const BATCH = 20;
const LOOK_AGAIN_MS = 2000;
const RETRY_MS = 5000;

/**
 * Forgets merchants: the registry ends a merchant's installations, has their apps told and takes them away; his grants go from here with
 * their tokens; then the log erases his events. What was asked for is stored first, and each step may be repeated, so that a process that
 * dies, or a service that is away, delays it and no more.
 */
@Injectable()
export class MerchantErasures implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly due = new EverySecond(
    () => this.advanceDue(),
    (reason) => this.logger.warn({ reason }, 'merchant_erasure.waiting'),
  );

  constructor(
    private readonly repository: MerchantErasuresRepository,
    private readonly grants: Grants,
    private readonly backends: Backends,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.due.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.due.stop();
  }

  /** Begins at once, so that what can be had of it in time is done when it is answered: his tokens are of no use then. */
  async request(merchantId: string): Promise<MerchantErasure> {
    const now = new Date();
    const erasure = await this.repository.put(merchantId, now, new Date(now.getTime() + LOOK_AGAIN_MS));
    await this.advance(erasure).catch((error: unknown) => this.postpone(erasure, error));
    return erasure;
  }

  private async advanceDue(): Promise<void> {
    for (const erasure of await this.repository.listDue(new Date(), BATCH)) {
      await this.advance(erasure).catch((error: unknown) => this.postpone(erasure, error));
    }
  }

  private async postpone(erasure: MerchantErasure, error: unknown): Promise<void> {
    this.logger.warn({ merchant_id: erasure.merchantId, reason: asProblem(error).message }, 'merchant_erasure.postponed');
    await this.repository.update(erasure, { dueAt: new Date(Date.now() + RETRY_MS) });
  }

  private async advance(erasure: MerchantErasure): Promise<void> {
    const { merchantId, installationsDoneAt } = erasure;
    const step = installationsDoneAt === null ? this.eraseInstallations(erasure) : this.eraseEvents(merchantId, installationsDoneAt);
    const isOver = await step;
    const now = new Date();
    const dueAt = new Date(now.getTime() + LOOK_AGAIN_MS);
    if (!isOver) await this.repository.update(erasure, { dueAt });
    else if (installationsDoneAt === null) await this.repository.update(erasure, { installationsDoneAt: now, dueAt: now });
    else {
      await this.repository.update(erasure, { doneAt: now, dueAt: null });
      this.logger.info({ merchant_id: merchantId }, 'merchant_erasure.done');
    }
  }

  /** The grants each time: a consent that was under way may have made one. */
  private async eraseInstallations({ merchantId, requestedAt }: MerchantErasure): Promise<boolean> {
    const { doneAtMs } = await this.backends.registry.eraseMerchant({ merchantId, requestedAtMs: BigInt(requestedAt.getTime()) });
    await this.grants.forgetMerchant(merchantId);
    return doneAtMs !== undefined;
  }

  /** Of his time so far: when he comes back, what his new apps get is another matter. */
  private async eraseEvents(merchantId: string, until: Date): Promise<boolean> {
    const { doneAtMs } = await this.backends.deliveryLog.eraseMerchantEvents({ merchantId, untilMs: BigInt(until.getTime()) });
    return doneAtMs !== undefined;
  }
}
