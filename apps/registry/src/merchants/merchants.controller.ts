import type { MessageInitShape } from '@bufbuild/protobuf';
import type {
  EraseMerchantRequest,
  EraseMerchantResponseSchema,
  GetMerchantRequest,
  GetMerchantResponseSchema,
  ListMerchantsRequest,
  ListMerchantsResponseSchema,
  MerchantSchema,
} from '@hookwright/contracts';
import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { toMs } from '../messages/times.ts';
import { MerchantErasures } from './merchant-erasures.ts';
import type { Merchant } from './merchants.repository.ts';
import { MerchantsService } from './merchants.service.ts';

@Controller()
export class MerchantsController {
  constructor(
    private readonly merchants: MerchantsService,
    private readonly erasures: MerchantErasures,
  ) {}

  @GrpcMethod('RegistryService', 'ListMerchants')
  async list({ page }: ListMerchantsRequest): Promise<MessageInitShape<typeof ListMerchantsResponseSchema>> {
    const { rows, nextCursor } = await this.merchants.list(page ?? { limit: 0, cursor: '' });
    return { merchants: rows.map(toMerchant), nextCursor };
  }

  @GrpcMethod('RegistryService', 'GetMerchant')
  async get({ merchantId }: GetMerchantRequest): Promise<MessageInitShape<typeof GetMerchantResponseSchema>> {
    return { merchant: toMerchant(await this.merchants.get(merchantId)) };
  }

  @GrpcMethod('RegistryService', 'EraseMerchant')
  async erase({ merchantId, requestedAtMs }: EraseMerchantRequest): Promise<MessageInitShape<typeof EraseMerchantResponseSchema>> {
    const doneAt = await this.erasures.erase(merchantId, new Date(Number(requestedAtMs)));
    return doneAt === null ? {} : { doneAtMs: toMs(doneAt) };
  }
}

function toMerchant({ id, installations, liveInstallations, knownSince }: Merchant): MessageInitShape<typeof MerchantSchema> {
  return { id, installations, liveInstallations, knownSinceMs: toMs(knownSince) };
}
