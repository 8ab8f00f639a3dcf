import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { type Logger, LOGGER } from '@hookwright/runtime';
import { addToAuditLog } from '../audit/audit-log.ts';
import { Outbox } from '../database/outbox.ts';
import { RemainingWork } from '../database/remaining-work.ts';
import { Transactions } from '../database/transactions.ts';
import { endpointSnapshot } from '../endpoints/endpoint.message.ts';
import type { Cause } from '../installations/installation.ts';
import { InstallationsService } from '../installations/installations.service.ts';
import type { Tenant } from './app.ts';
import { AppsRepository } from './apps.repository.ts';

// A process that died, or was stopped for good, in the midst of it is not missed for longer.
const LOOK_EVERY_MS = 60_000;

/**
 * Deletes apps. The app and its endpoint go at once, and with them everything that could still be sent; an app may have more
 * installations than one transaction can end in good time, so that the rest of them ends in further ones.
 */
@Injectable()
export class AppDeletion implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly remaining: RemainingWork;

  constructor(
    private readonly transactions: Transactions,
    private readonly outbox: Outbox,
    private readonly apps: AppsRepository,
    private readonly installations: InstallationsService,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.remaining = new RemainingWork({
      doSome: () => this.revokeMore(),
      onFailure: (reason) => logger.warn({ reason }, 'deletion.waiting'),
      everyMs: LOOK_EVERY_MS,
    });
  }

  onApplicationBootstrap(): void {
    this.remaining.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.remaining.stop();
  }

  async delete(tenant: Tenant, appId: string): Promise<void> {
    const finished = await this.transactions.run(async (tx) => {
      const app = await this.apps.lock(tx, appId, tenant);
      const cause = deletion();
      if (app.endpoint !== null) await this.outbox.add(tx, [endpointSnapshot({ ...app, endpoint: null })]);
      await this.apps.markDeleted(tx, appId, cause.now);
      await addToAuditLog(tx, { appId, action: 'app.deleted' });
      return this.installations.revokeSome(tx, app, cause);
    });
    if (!finished) this.remaining.wake();
  }

  /** False when there was nothing to do. */
  private revokeMore(): Promise<boolean> {
    return this.transactions.run(async (tx) => {
      const app = await this.apps.findHalfDeleted(tx);
      if (app === undefined) return false;
      await this.installations.revokeSome(tx, app, deletion());
      return true;
    });
  }
}

function deletion(): Cause {
  return { actor: 'partner', reason: 'app deleted', now: new Date() };
}
