import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { CallersTenant, type Tenant } from '../access/caller.ts';
import { Operation } from '../access/operation.ts';
import { Backends } from '../backends/backends.ts';
import { id } from '../validation/fields.ts';
import { type List, pageQuery, toList } from '../validation/page.ts';
import { type AuditEntryBody, auditEntryList, toAuditEntry } from './audit.schema.ts';

@ApiTags('Apps')
@Controller('v1/apps/:app_id/audit')
export class AuditController {
  constructor(private readonly backends: Backends) {}

  @Get()
  @Operation({
    access: 'apps.read',
    id: 'listAuditEntries',
    summary: 'Who changed what of an app, newest first',
    description: 'A change is there about a second after its answer, and for 400 days.',
    answers: { 200: auditEntryList },
  })
  async list(
    @CallersTenant() tenant: Tenant,
    @Param('app_id', { schema: id }) appId: string,
    @Query({ schema: pageQuery }) page: z.infer<typeof pageQuery>,
  ): Promise<List<AuditEntryBody>> {
    const { entries, nextCursor } = await this.backends.registry.listAuditEntries({ tenant, appId, page });
    return toList(entries.map(toAuditEntry), nextCursor);
  }
}
