import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { type Actor, type Logger, LOGGER, validationFailed, withActor } from '@hookwright/runtime';
import { Database, type Queries } from '../database/database.ts';
import { RemainingWork } from '../database/remaining-work.ts';
import { Transactions } from '../database/transactions.ts';
import type { Cause } from '../installations/installation.ts';
import { InstallationsService } from '../installations/installations.service.ts';
import { ErasuresRepository } from './erasures.repository.ts';
import { checkMerchantId } from './merchant-id.ts';

// How long an app's last event of a merchant may wait for its turn to be followed by his end.
const LOOK_EVERY_MS = 2000;
const MERCHANTS_A_LOOK = 100;
// Who asked for any of them. Which request it was that woke the loop says nothing of the others.
const OPERATOR: Actor = { kind: 'operator', id: 'operator', requestId: '' };

/**
 * Forgets merchants, in steps that each are a transaction: their installations end, their apps are told so and to redact what they have,
 * and when the last one was told, installations and histories go. A process that dies between two steps is followed by the next one.
 */
@Injectable()
export class MerchantErasures implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly remaining: RemainingWork;

  constructor(
    private readonly database: Database,
    private readonly transactions: Transactions,
    private readonly erasures: ErasuresRepository,
    private readonly installations: InstallationsService,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.remaining = new RemainingWork({
      doSome: () => this.eraseMore(),
      onFailure: (reason) => logger.warn({ reason }, 'merchant_erasure.waiting'),
      everyMs: LOOK_EVERY_MS,
    });
  }

  onApplicationBootstrap(): void {
    this.remaining.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.remaining.stop();
  }

  /** His first installations, for most all of them, have ended when it is answered. When it was done; null: it is going on. */
  async erase(merchantId: string, requestedAt: Date): Promise<Date | null> {
    const errors = checkMerchantId(merchantId);
    if (errors.length > 0) throw validationFailed(errors);
    const doneAt = await this.transactions.run(async (tx) => {
      await this.erasures.put(tx, merchantId, requestedAt);
      if (await this.erasures.lockOpen(tx, merchantId)) await this.installations.revokeOfMerchant(tx, merchantId, erasure());
      return this.erasures.doneAt(tx, merchantId);
    });
    if (doneAt === null) this.remaining.wake();
    return doneAt;
  }

  /** False when nothing can be done: what is left waits for the apps to be told. Rejects, when all had their turn, if a step failed. */
  private async eraseMore(): Promise<boolean> {
    const merchantIds = await this.erasures.listOpen(this.database.prisma, MERCHANTS_A_LOOK);
    let isMore = false;
    let failure: Error | undefined;
    for (const merchantId of merchantIds) {
      try {
        isMore = (await withActor(OPERATOR, () => this.transactions.run((tx) => this.step(tx, merchantId)))) || isMore;
      } catch (error) {
        // One that cannot be erased now must not keep those after him waiting.
        failure = error as Error;
      }
    }
    if (failure !== undefined) throw failure;
    return isMore;
  }

  private async step(tx: Queries, merchantId: string): Promise<boolean> {
    if (!(await this.erasures.lockOpen(tx, merchantId))) return false;
    if ((await this.installations.revokeOfMerchant(tx, merchantId, erasure())) > 0) return true;
    if ((await this.installations.removeOfMerchant(tx, merchantId)) > 0) return true;
    if (await this.installations.hasMerchant(tx, merchantId)) return false;
    await this.erasures.finish(tx, merchantId, new Date());
    return true;
  }
}

function erasure(): Cause {
  return { actor: 'operator', reason: 'merchant erased', now: new Date() };
}
