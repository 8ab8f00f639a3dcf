import { Injectable } from '@nestjs/common';
import { notFound } from '@hookwright/runtime';
import type { Queries } from '../database/database.ts';
import type { Partner } from '../generated/prisma/client.ts';
import { NEWEST_FIRST, olderThan, type PageRequest } from '../pages/page.ts';

@Injectable()
export class PartnersRepository {
  /** Throws `not_found`. */
  async get(queries: Queries, id: string): Promise<Partner> {
    const partner = await queries.partner.findUnique({ where: { id } });
    if (partner === null) throw notFound('partner');
    return partner;
  }

  /** `limit` + 1 partners, newest first. */
  list(queries: Queries, { limit, after }: PageRequest): Promise<Partner[]> {
    return queries.partner.findMany({ where: olderThan(after), orderBy: NEWEST_FIRST, take: limit + 1 });
  }

  /** Does nothing when there is one of this id. */
  async insert(queries: Queries, partner: Partner): Promise<void> {
    await queries.partner.createMany({ data: [partner], skipDuplicates: true });
  }
}
