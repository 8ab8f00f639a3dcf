import { Injectable } from '@nestjs/common';
import type { AuditEntry } from '@hookwright/contracts';
import { validationFailed } from '@hookwright/runtime';
import type { Tenant } from '../apps/app.ts';
import { AppsRepository } from '../apps/apps.repository.ts';
import { Database } from '../database/database.ts';
import { checkCount, invalid } from '../fields/field-rules.ts';
import type { AuditEntry as AuditRow } from '../generated/prisma/client.ts';
import { cutPage, type PageRequest } from '../pages/page.ts';
import { isEntry } from './audit-entry.message.ts';
import { AuditRepository } from './audit.repository.ts';

const MAX_ENTRIES = 100;

/** Who changed what of an app. The registry's own changes come with their transactions, those of others through here. */
@Injectable()
export class AuditService {
  constructor(
    private readonly database: Database,
    private readonly apps: AppsRepository,
    private readonly audit: AuditRepository,
  ) {}

  async list(tenant: Tenant, appId: string, page: PageRequest): Promise<{ rows: readonly AuditRow[]; nextCursor: string }> {
    await this.apps.get(this.database.prisma, appId, tenant);
    return cutPage(await this.audit.list(this.database.prisma, appId, page), page.limit);
  }

  /** May be repeated. */
  async record(entries: readonly AuditEntry[]): Promise<void> {
    const errors = [
      ...checkCount('/entries', entries, { max: MAX_ENTRIES }),
      ...entries.flatMap((entry, at) => (isEntry(entry) ? [] : [invalid(`/entries/${at}`, 'is not an audit entry')])),
    ];
    if (errors.length > 0) throw validationFailed(errors);
    await this.audit.insert(this.database.prisma, entries);
  }
}
