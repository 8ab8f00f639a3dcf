import { Injectable } from '@nestjs/common';
import type { Merchant } from '@hookwright/contracts';
import { notFound } from '@hookwright/runtime';
import type { PageQuery } from '../apps/apps.reader.ts';
import { Backends } from '../backends/backends.ts';
import { found } from '../backends/found.ts';
import { type List, toList } from '../validation/page.ts';
import { MerchantErasuresRepository } from './merchant-erasures.repository.ts';
import { MerchantErasures } from './merchant-erasures.ts';
import { type ErasureBody, type MerchantBody, toErasure, toForgotten, toMerchant } from './merchant.schema.ts';

/** Merchants, who are known to the registry by their installations, with their erasures, which are led from here. */
@Injectable()
export class MerchantsService {
  constructor(
    private readonly backends: Backends,
    private readonly erasures: MerchantErasures,
    private readonly repository: MerchantErasuresRepository,
  ) {}

  async list(page: PageQuery): Promise<List<MerchantBody>> {
    const { merchants, nextCursor } = await this.backends.registry.listMerchants({ page });
    const erasures = await this.repository.find(merchants.map(({ id }) => id));
    const byMerchant = new Map(erasures.map((erasure) => [erasure.merchantId, erasure]));
    return toList(
      merchants.map((merchant) => toMerchant(merchant, byMerchant.get(merchant.id))),
      nextCursor,
    );
  }

  async get(merchantId: string): Promise<MerchantBody> {
    const [erasure] = await this.repository.find([merchantId]);
    const merchant = await this.find(merchantId);
    if (merchant !== undefined) return toMerchant(merchant, erasure);
    if (erasure === undefined) throw notFound('merchant');
    return toForgotten(erasure);
  }

  /** Of any merchant: of one who is not known to the registry any more the log may still have something. */
  async erase(merchantId: string): Promise<ErasureBody> {
    return toErasure(await this.erasures.request(merchantId));
  }

  private async find(merchantId: string): Promise<Merchant | undefined> {
    return (await found(this.backends.registry.getMerchant({ merchantId })))?.merchant;
  }
}
