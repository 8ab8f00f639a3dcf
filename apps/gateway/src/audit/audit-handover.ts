import { setTimeout as delay } from 'node:timers/promises';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { AuditEntrySchema } from '@hookwright/contracts';
import { type AuditedChange, LOGGER, type Logger, asProblem, auditEntry } from '@hookwright/runtime';
import { Backends } from '../backends/backends.ts';
import type { Prisma } from '../generated/prisma/client.ts';
import { AuditHandoverRepository } from './audit-handover.repository.ts';

const POLL_MS = 1000;
const BATCH = 100;

/**
 * Hands what was changed here over to the registry, which keeps the audit log. Stored with the change and told again until the registry
 * has it: neither a registry that is away nor a crash in between loses who did it.
 */
@Injectable()
export class AuditHandover implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly stopped = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly repository: AuditHandoverRepository,
    private readonly backends: Backends,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.run();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped.abort();
    await this.running;
  }

  /** In the transaction of the change, on behalf of the current actor. In the log within about a second. */
  async add(transaction: Prisma.TransactionClient, change: AuditedChange): Promise<void> {
    const entry = auditEntry(change);
    await this.repository.insert(transaction, { id: entry.id, entry: Buffer.from(toBinary(AuditEntrySchema, entry)) });
  }

  private async run(): Promise<void> {
    let waitingFor: string | undefined;
    while (!this.stopped.signal.aborted) {
      const reason = await this.handOver().then(
        () => undefined,
        (error: unknown) => asProblem(error).message,
      );
      if (reason !== undefined && reason !== waitingFor) this.logger.warn({ reason }, 'audit_handover.waiting');
      waitingFor = reason;
      await delay(POLL_MS, undefined, { signal: this.stopped.signal }).catch(() => undefined);
    }
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
