import { Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { Operation } from '../access/operation.ts';
import { merchantId } from '../validation/fields.ts';
import { type List, pageQuery } from '../validation/page.ts';
import { type ErasureBody, type MerchantBody, erasureResponse, merchantList, merchantResponse } from './merchant.schema.ts';
import { MerchantsService } from './merchants.service.ts';

@ApiTags('Operator')
@Controller('v1/operator/merchants')
export class MerchantsController {
  constructor(private readonly merchants: MerchantsService) {}

  @Get()
  @Operation({
    access: 'operator',
    id: 'listMerchants',
    summary: 'Merchants who have, or had, an app installed, by id',
    answers: { 200: merchantList },
  })
  list(@Query({ schema: pageQuery }) page: z.infer<typeof pageQuery>): Promise<List<MerchantBody>> {
    return this.merchants.list(page);
  }

  @Get(':merchant_id')
  @Operation({
    access: 'operator',
    id: 'getMerchant',
    summary: 'One merchant, and how far his erasure has come',
    answers: { 200: merchantResponse },
  })
  get(@Param('merchant_id', { schema: merchantId }) id: string): Promise<MerchantBody> {
    return this.merchants.get(id);
  }

  @Post(':merchant_id/erase')
  @Operation({
    access: 'operator',
    id: 'eraseMerchant',
    summary: 'Forget a merchant',
    description:
      'Ends all of his installations, tells their apps to erase what they have of him, and erases his installations, tokens and events. ' +
      'It goes on after the answer. Asked for again it begins anew, for what he installed meanwhile.',
    answers: { 202: erasureResponse },
  })
  erase(@Param('merchant_id', { schema: merchantId }) id: string): Promise<ErasureBody> {
    return this.merchants.erase(id);
  }
}
