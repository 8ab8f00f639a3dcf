import type { MessageInitShape } from '@bufbuild/protobuf';
import type { EraseMerchantEventsRequest, EraseMerchantEventsResponseSchema } from '@hookwright/contracts';
import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { MerchantErasures } from './merchant-erasures.ts';

@Controller()
export class MerchantErasuresController {
  constructor(@Inject(MerchantErasures) private readonly erasures: MerchantErasures) {}

  @GrpcMethod('DeliveryService', 'EraseMerchantEvents')
  async erase({ merchantId, untilMs }: EraseMerchantEventsRequest): Promise<MessageInitShape<typeof EraseMerchantEventsResponseSchema>> {
    const doneAtMs = await this.erasures.erase(merchantId, Number(untilMs));
    return doneAtMs === undefined ? {} : { doneAtMs: BigInt(Math.round(doneAtMs)) };
  }
}
