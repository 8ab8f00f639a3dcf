import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { type Installation, newId } from '@hookwright/contracts';
import { LOGGER, type Logger, Problem, asProblem } from '@hookwright/runtime';
import { type Tenant, keyMode, protoMode } from '../access/caller.ts';
import { Backends } from '../backends/backends.ts';
import { found } from '../backends/found.ts';
import { EverySecond } from '../due-work/every-second.ts';
import type { GrantCheck } from '../generated/prisma/client.ts';
import { GrantChecksRepository } from './grant-checks.repository.ts';
import { Grants } from './grants.ts';
import { stateOf } from './installation-state.ts';

const BATCH = 20;
// A call whose answer was lost may still be running at the registry; it gives up after 1.8 s.
const SETTLE_MS = 4000;
const RETRY_MS = 5000;

/** Names one installation of one of the tenant's apps. */
export interface InstallationRef {
  readonly tenant: Tenant;
  readonly appId: string;
  readonly installationId: string;
}

/**
 * Changes of installations, which their grants follow: an uninstall ends the tokens, a suspension holds them. That it is intended is stored
 * before the registry is told, so that neither a lost answer nor a crash in between leaves tokens that open what the merchant took back.
 */
@Injectable()
export class GrantChecks implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly due = new EverySecond(
    () => this.settleDue(),
    (reason) => this.logger.warn({ reason }, 'grant_check.waiting'),
  );

  constructor(
    private readonly repository: GrantChecksRepository,
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

  /** Makes a change and has the grants follow it, before who asked for it is answered. The installation after it. */
  async during(ref: InstallationRef, change: () => Promise<Installation>): Promise<Installation> {
    const check = checkOf(ref);
    await this.repository.insert(check);
    try {
      const installation = await change();
      await this.grants.follow(stateOf(installation));
      this.forget(check);
      return installation;
    } catch (error) {
      // Refused: nothing was changed, and the ids may be another tenant's.
      if (error instanceof Problem && error.status < 500) this.forget(check);
      throw error;
    }
  }

  /** Not waited for: a check that stays is made once more, and changes nothing. */
  private forget({ id, installationId }: GrantCheck): void {
    this.repository.delete(id).catch((error: unknown) => {
      this.logger.warn({ installation_id: installationId, reason: asProblem(error).message }, 'grant_check.kept');
    });
  }

  private async settleDue(): Promise<void> {
    for (const check of await this.repository.listDue(new Date(), BATCH)) {
      try {
        await this.settle(check);
      } catch (error) {
        this.logger.warn({ installation_id: check.installationId, reason: asProblem(error).message }, 'grant_check.postponed');
        await this.repository.postpone(check.id, new Date(Date.now() + RETRY_MS));
      }
    }
  }

  private async settle(check: GrantCheck): Promise<void> {
    const installation = await this.find(check);
    if (installation !== undefined) await this.grants.follow(stateOf(installation));
    await this.repository.delete(check.id);
    this.logger.info({ installation_id: check.installationId, found: installation !== undefined }, 'grant_check.settled');
  }

  /** Undefined: it is another tenant's, or its app was deleted, which ends its tokens by itself (AppAccess). */
  private async find({ partnerId, mode, appId, installationId }: GrantCheck): Promise<Installation | undefined> {
    const tenant = { partnerId, mode: protoMode(mode) };
    return (await found(this.backends.registry.getInstallation({ tenant, appId, installationId })))?.installation;
  }
}

function checkOf({ tenant, appId, installationId }: InstallationRef): GrantCheck {
  const { partnerId, mode } = tenant;
  return { id: newId('gck'), installationId, appId, partnerId, mode: keyMode(mode), dueAt: new Date(Date.now() + SETTLE_MS) };
}
