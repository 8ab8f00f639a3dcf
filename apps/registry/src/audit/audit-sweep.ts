import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { waited } from '@hookwright/kafka';
import { type Logger, LOGGER } from '@hookwright/runtime';
import { Database } from '../database/database.ts';
import { AuditRepository } from './audit.repository.ts';

// A year, for whoever looks once a year, and a month to do it in.
const KEPT_MS = 400 * 24 * 60 * 60 * 1000;
const LOOK_EVERY_MS = 60 * 60 * 1000;
const REMOVED_AT_ONCE = 5000;

/** Forgets entries of the audit log after 400 days. */
@Injectable()
export class AuditSweep implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly stopping = new AbortController();

  constructor(
    private readonly database: Database,
    private readonly audit: AuditRepository,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    void this.run();
  }

  onModuleDestroy(): void {
    this.stopping.abort();
  }

  /** Removes what is too old at that moment. */
  async sweep(now = new Date()): Promise<void> {
    const before = new Date(now.getTime() - KEPT_MS);
    while (!this.stopping.signal.aborted && (await this.audit.deleteBefore(this.database.prisma, before, REMOVED_AT_ONCE)) > 0);
  }

  private async run(): Promise<void> {
    do {
      await this.sweep().catch((error: unknown) => this.logger.warn({ reason: (error as Error).message }, 'audit.sweep_waiting'));
    } while (await waited(LOOK_EVERY_MS, this.stopping.signal));
  }
}
