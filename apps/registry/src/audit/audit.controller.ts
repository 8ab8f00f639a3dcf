import type { MessageInitShape } from '@bufbuild/protobuf';
import type {
  AuditEntry,
  ListAuditEntriesRequest,
  ListAuditEntriesResponseSchema,
  RecordAuditEntriesRequest,
  RecordAuditEntriesResponseSchema,
} from '@hookwright/contracts';
import type { ConsumedBatch } from '@hookwright/kafka';
import { type Logger, LOGGER } from '@hookwright/runtime';
import { Controller, Inject } from '@nestjs/common';
import { EventPattern, GrpcMethod, Payload } from '@nestjs/microservices';
import { readTenant } from '../apps/app.message.ts';
import { readPage } from '../pages/page.ts';
import { readEntry, toEntry } from './audit-entry.message.ts';
import { AuditService } from './audit.service.ts';

/** The channel that the batch server of audit.entries hands its batches to. */
export const AUDIT_ENTRIES = 'audit-entries';

const RECORDED_AT_ONCE = 100;

@Controller()
export class AuditController {
  constructor(
    private readonly audit: AuditService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @GrpcMethod('RegistryService', 'ListAuditEntries')
  async list({ tenant, appId, page }: ListAuditEntriesRequest): Promise<MessageInitShape<typeof ListAuditEntriesResponseSchema>> {
    const { rows, nextCursor } = await this.audit.list(readTenant(tenant), appId, readPage(page));
    return { entries: rows.map(toEntry), nextCursor };
  }

  @GrpcMethod('RegistryService', 'RecordAuditEntries')
  async record({ entries }: RecordAuditEntriesRequest): Promise<MessageInitShape<typeof RecordAuditEntriesResponseSchema>> {
    await this.audit.record(entries);
    return {};
  }

  /** Rejects while the database is away: the batch comes again. */
  @EventPattern(AUDIT_ENTRIES)
  async take(@Payload() batch: ConsumedBatch): Promise<void> {
    const { topic, partition, messages } = batch;
    for (let at = 0; at < messages.length; at += RECORDED_AT_ONCE) {
      const some = messages.slice(at, at + RECORDED_AT_ONCE);
      const entries: AuditEntry[] = [];
      for (const { offset, value } of some) {
        const entry = readEntry(value);
        if (entry === undefined) this.logger.warn({ topic, partition, offset }, 'audit.entry_unreadable');
        else entries.push(entry);
      }
      await this.audit.record(entries);
      for (const { offset } of some) batch.done(offset);
    }
  }
}
