import { Injectable } from '@nestjs/common';
import { Problem } from '@hookwright/runtime';
import type { Tenant } from '../apps/app.ts';
import { AppsRepository } from '../apps/apps.repository.ts';
import { Database } from '../database/database.ts';
import type { Transition } from '../generated/prisma/client.ts';
import { cutPage, type PageRequest } from '../pages/page.ts';
import type { Installation } from './installation.ts';
import { type InstallationFilter, InstallationsRepository } from './installations.repository.ts';

/** Answers what a tenant asks about its apps' installations. */
@Injectable()
export class InstallationReader {
  constructor(
    private readonly database: Database,
    private readonly apps: AppsRepository,
    private readonly installations: InstallationsRepository,
  ) {}

  async get(tenant: Tenant, appId: string, id: string): Promise<Installation> {
    await this.apps.get(this.database.prisma, appId, tenant);
    return this.installations.get(this.database.prisma, appId, id);
  }

  async list(
    tenant: Tenant,
    filter: InstallationFilter,
    page: PageRequest,
  ): Promise<{ rows: readonly Installation[]; nextCursor: string }> {
    await this.apps.get(this.database.prisma, filter.appId, tenant);
    return cutPage(await this.installations.list(this.database.prisma, filter, page), page.limit);
  }

  /** Newest first. An installation's transitions are numbered, so that a number is all a cursor needs. */
  async history(
    { tenant, appId, id }: { tenant: Tenant; appId: string; id: string },
    { limit, cursor }: { limit: number; cursor: string },
  ): Promise<{ rows: readonly Transition[]; nextCursor: string }> {
    await this.get(tenant, appId, id);
    const rows = await this.installations.history(this.database.prisma, id, { limit, before: readCursor(cursor) });
    const page = rows.slice(0, limit);
    return { rows: page, nextCursor: rows.length > limit ? String(page.at(-1)?.sequence) : '' };
  }
}

function readCursor(cursor: string): number | undefined {
  if (cursor === '') return undefined;
  if (!/^\d{1,9}$/.test(cursor)) throw new Problem('invalid_cursor', 'The cursor is not one that this list gave out.');
  return Number(cursor);
}
