import { Injectable } from '@nestjs/common';
import { notFound } from '@hookwright/runtime';
import { AppsRepository, type OAuthClient } from '../apps/apps.repository.ts';
import { Database } from '../database/database.ts';
import { cutPage, type PageRequest } from '../pages/page.ts';
import type { Installation } from './installation.ts';
import { InstallationsRepository, type NamedInstallation } from './installations.repository.ts';

/** An installation with its whole app, for the merchant who looks at it. */
export interface MerchantsInstallation extends OAuthClient {
  readonly installation: Installation;
}

/** Answers what a merchant asks about what he has installed. */
@Injectable()
export class MerchantReader {
  constructor(
    private readonly database: Database,
    private readonly apps: AppsRepository,
    private readonly installations: InstallationsRepository,
  ) {}

  /** What goes on, newest first. */
  async list(merchantId: string, page: PageRequest): Promise<{ rows: readonly NamedInstallation[]; nextCursor: string }> {
    const found = await this.installations.listOfMerchant(this.database.prisma, merchantId, page);
    const { rows, nextCursor } = cutPage(
      found.map((named) => ({ named, id: named.installation.id, createdAt: named.installation.createdAt })),
      page.limit,
    );
    return { rows: rows.map(({ named }) => named), nextCursor };
  }

  /** Also one that has ended. Throws `not_found` for another merchant's. */
  async get(merchantId: string, id: string): Promise<MerchantsInstallation> {
    const installation = await this.installations.getOfMerchant(this.database.prisma, merchantId, id);
    const client = await this.apps.findClient(this.database.prisma, { id: installation.appId });
    // Deleted in between.
    if (client === undefined) throw notFound('installation');
    return { ...client, installation };
  }
}
