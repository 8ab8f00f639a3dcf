import type { MessageInitShape } from '@bufbuild/protobuf';
import type {
  CreatePartnerRequest,
  CreatePartnerResponseSchema,
  GetPartnerRequest,
  GetPartnerResponseSchema,
  ListPartnersRequest,
  ListPartnersResponseSchema,
  PartnerSchema,
} from '@hookwright/contracts';
import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { Partner } from '../generated/prisma/client.ts';
import { toMs } from '../messages/times.ts';
import { readPage } from '../pages/page.ts';
import { PartnersService } from './partners.service.ts';

@Controller()
export class PartnersController {
  constructor(private readonly partners: PartnersService) {}

  @GrpcMethod('RegistryService', 'CreatePartner')
  async create({ id, name }: CreatePartnerRequest): Promise<MessageInitShape<typeof CreatePartnerResponseSchema>> {
    return { partner: toPartner(await this.partners.create({ id, name })) };
  }

  @GrpcMethod('RegistryService', 'GetPartner')
  async get({ id }: GetPartnerRequest): Promise<MessageInitShape<typeof GetPartnerResponseSchema>> {
    return { partner: toPartner(await this.partners.get(id)) };
  }

  @GrpcMethod('RegistryService', 'ListPartners')
  async list({ page }: ListPartnersRequest): Promise<MessageInitShape<typeof ListPartnersResponseSchema>> {
    const { rows, nextCursor } = await this.partners.list(readPage(page));
    return { partners: rows.map(toPartner), nextCursor };
  }
}

function toPartner({ id, name, createdAt }: Partner): MessageInitShape<typeof PartnerSchema> {
  return { id, name, createdAtMs: toMs(createdAt) };
}
