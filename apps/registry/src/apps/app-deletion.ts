import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Backoff } from '@hookwright/kafka';
import { type Logger, LOGGER } from '@hookwright/runtime';
import { addToAuditLog } from '../audit/audit-log.ts';
import { Outbox } from '../database/outbox.ts';
import { Transactions } from '../database/transactions.ts';
import { endpointSnapshot } from '../endpoints/endpoint.message.ts';
import type { Cause } from '../installations/installation.ts';
import { InstallationsService } from '../installations/installations.service.ts';
import type { Tenant } from './app.ts';
import { AppsRepository } from './apps.repository.ts';

/**
 * Deletes apps. The app and its endpoint go at once, and with them everything that could still be sent; an app may have more
 * installations than one transaction can end in good time, so that the rest of them ends in further ones.
 */
@Injectable()
export class AppDeletion implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly stopping = new AbortController();

  constructor(
    private readonly transactions: Transactions,
    private readonly outbox: Outbox,
    private readonly apps: AppsRepository,
    private readonly installations: InstallationsService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Goes on where a process may have died. Does not wait: the service's health must answer in the meantime. */
  onApplicationBootstrap(): void {
    void this.finish();
  }

  onModuleDestroy(): void {
    this.stopping.abort();
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
    if (!finished) void this.finish();
  }

  /** Ends what deleted apps still have. */
  private async finish(): Promise<void> {
    const backoff = new Backoff(this.stopping.signal);
    do {
      try {
        while (!this.stopping.signal.aborted && (await this.revokeMore()));
        return;
      } catch (error) {
        this.logger.warn({ reason: (error as Error).message }, 'deletion.waiting');
      }
    } while (await backoff.wait());
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
