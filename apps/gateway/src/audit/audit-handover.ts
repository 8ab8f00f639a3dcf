import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { AuditEntrySchema } from '@hookwright/contracts';
import { type AuditedChange, LOGGER, type Logger, auditEntry } from '@hookwright/runtime';
import { Backends } from '../backends/backends.ts';
import { EverySecond } from '../due-work/every-second.ts';
import type { Prisma } from '../generated/prisma/client.ts';
import { AuditHandoverRepository } from './audit-handover.repository.ts';

const BATCH = 100;

/**
 * Hands what was changed here over to the registry, which keeps the audit log. Stored with the change and told again until the registry
 * has it: neither a registry that is away nor a crash in between loses who did it.
 */
@Injectable()
export class AuditHandover implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly due = new EverySecond(
    () => this.handOver(),
    (reason) => this.logger.warn({ reason }, 'audit_handover.waiting'),
  );

  constructor(
    private readonly repository: AuditHandoverRepository,
    private readonly backends: Backends,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.due.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.due.stop();
  }

  /** In the transaction of the change, on behalf of the current actor. In the log within about a second. */
  async add(transaction: Prisma.TransactionClient, change: AuditedChange): Promise<void> {
    const entry = auditEntry(change);
    await this.repository.insert(transaction, { id: entry.id, entry: Buffer.from(toBinary(AuditEntrySchema, entry)) });
  }

  private async handOver(): Promise<void> {
    for (;;) {
      const rows = await this.repository.listOldest(BATCH);
      if (rows.length === 0) return;
      await this.backends.registry.recordAuditEntries({ entries: rows.map(({ entry }) => fromBinary(AuditEntrySchema, entry)) });
      await this.repository.delete(rows.map(({ id }) => id));
    }
  }
}
