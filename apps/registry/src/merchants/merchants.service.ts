import { Injectable } from '@nestjs/common';
import type { Page } from '@hookwright/contracts';
import { notFound, Problem } from '@hookwright/runtime';
import { Database } from '../database/database.ts';
import { readPage } from '../pages/page.ts';
import { isMerchantId } from './merchant-id.ts';
import { type Merchant, MerchantsRepository } from './merchants.repository.ts';

/** Merchants, for the operator. They have no table: who has, or had, an installation is one. */
@Injectable()
export class MerchantsService {
  constructor(
    private readonly database: Database,
    private readonly merchants: MerchantsRepository,
  ) {}

  /** By id: nobody keeps when each became known, and an id is all a cursor needs. */
  async list(page: Pick<Page, 'limit' | 'cursor'>): Promise<{ rows: readonly Merchant[]; nextCursor: string }> {
    const { limit } = readPage({ limit: page.limit, cursor: '' });
    const rows = await this.merchants.list(this.database.prisma, readCursor(page.cursor), limit + 1);
    const shown = rows.slice(0, limit);
    return { rows: shown, nextCursor: rows.length > limit ? writeCursor(shown.at(-1)?.id ?? '') : '' };
  }

  async get(merchantId: string): Promise<Merchant> {
    const merchant = await this.merchants.find(this.database.prisma, merchantId);
    if (merchant === undefined) throw notFound('merchant');
    return merchant;
  }
}

function writeCursor(id: string): string {
  return Buffer.from(id).toString('base64url');
}

function readCursor(cursor: string): string {
  if (cursor === '') return '';
  const id = Buffer.from(cursor.slice(0, 100), 'base64url').toString();
  if (!isMerchantId(id)) throw new Problem('invalid_cursor', 'The cursor is not one that this list gave out.');
  return id;
}
