import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { LOGGER, type Logger } from '@hookwright/runtime';
import { Database } from '../database/database.ts';
import { InstallationsRepository } from './installations.repository.ts';

const LOOK_EVERY_MS = 3600 * 1000;
// A consent page is good for an hour.
const KEPT_MS = 24 * 3600 * 1000;
// With their histories, well within the time of a statement.
const DELETED_AT_ONCE = 1000;

/** Deletes what waits for the consent of merchants who went away. Nobody was told that it began, and nobody is that it did not. */
@Injectable()
export class AbandonedConsents implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    private readonly installations: InstallationsRepository,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Also at once: a service that is restarted within the hour, again and again, would never do it. Does not wait for it. */
  onApplicationBootstrap(): void {
    void this.sweep();
    this.timer = setInterval(() => void this.sweep(), LOOK_EVERY_MS);
    this.timer.unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  async sweep(now = new Date()): Promise<void> {
    try {
      const before = new Date(now.getTime() - KEPT_MS);
      while ((await this.installations.deleteAbandoned(this.database.prisma, before, DELETED_AT_ONCE)) === DELETED_AT_ONCE);
    } catch (error) {
      this.logger.warn({ reason: (error as Error).message }, 'abandoned_consents.waiting');
    }
  }
}
