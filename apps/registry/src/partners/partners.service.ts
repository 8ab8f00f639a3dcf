import { Injectable } from '@nestjs/common';
import { validationFailed } from '@hookwright/runtime';
import { Database } from '../database/database.ts';
import { checkText, invalid } from '../fields/field-rules.ts';
import type { Partner } from '../generated/prisma/client.ts';
import { cutPage, type PageRequest } from '../pages/page.ts';
import { PartnersRepository } from './partners.repository.ts';

const PARTNER_ID = /^par_[0-9a-z_]{1,60}$/;
const NAME = { min: 1, max: 100 };

/** Who makes apps. Nobody but the gateway asks for partners, so that their changes are announced to nobody. */
@Injectable()
export class PartnersService {
  constructor(
    private readonly database: Database,
    private readonly partners: PartnersRepository,
  ) {}

  /** The new partner; a repeat gives the one that the first request made. */
  async create({ id, name }: { id: string; name: string }): Promise<Partner> {
    const errors = [...(PARTNER_ID.test(id) ? [] : [invalid('/id', 'is not a partner id')]), ...checkText('/name', name, NAME)];
    if (errors.length > 0) throw validationFailed(errors);
    await this.partners.insert(this.database.prisma, { id, name, createdAt: new Date() });
    return this.partners.get(this.database.prisma, id);
  }

  get(id: string): Promise<Partner> {
    return this.partners.get(this.database.prisma, id);
  }

  async list(page: PageRequest): Promise<{ rows: readonly Partner[]; nextCursor: string }> {
    return cutPage(await this.partners.list(this.database.prisma, page), page.limit);
  }
}
