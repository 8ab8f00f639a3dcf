import { Body, Controller, Delete, Get, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { Operation } from '../access/operation.ts';
import { id } from '../validation/fields.ts';
import { type List, pageQuery } from '../validation/page.ts';
import {
  type KeyBody,
  type KeyInputBody,
  type NewKeyBody,
  type NewPartnerBody,
  type PartnerBody,
  type PartnerInputBody,
  keyInput,
  keyList,
  newKey,
  newPartner,
  partnerInput,
  partnerList,
} from './operator.schema.ts';
import { PartnersService } from './partners.service.ts';

@ApiTags('Operator')
@Controller('v1/operator/partners')
export class PartnersController {
  constructor(private readonly partners: PartnersService) {}

  @Post()
  @Operation({
    access: 'operator',
    id: 'createPartner',
    summary: 'Create a partner with a live and a test key',
    answers: { 201: newPartner },
  })
  create(@Body({ schema: partnerInput }) body: PartnerInputBody): Promise<NewPartnerBody> {
    return this.partners.create(body);
  }

  @Get()
  @Operation({ access: 'operator', id: 'listPartners', summary: 'List partners, newest first', answers: { 200: partnerList } })
  list(@Query({ schema: pageQuery }) page: z.infer<typeof pageQuery>): Promise<List<PartnerBody>> {
    return this.partners.list(page);
  }

  @Get(':partner_id/keys')
  @Operation({ access: 'operator', id: 'listApiKeys', summary: "A partner's keys, without their text", answers: { 200: keyList } })
  listKeys(@Param('partner_id', { schema: id }) partnerId: string): Promise<List<KeyBody>> {
    return this.partners.listKeys(partnerId);
  }

  @Post(':partner_id/keys')
  @Operation({ access: 'operator', id: 'createApiKey', summary: 'A further key, with all scopes or some', answers: { 201: newKey } })
  createKey(@Param('partner_id', { schema: id }) partnerId: string, @Body({ schema: keyInput }) body: KeyInputBody): Promise<NewKeyBody> {
    return this.partners.createKey(partnerId, body);
  }

  @Delete(':partner_id/keys/:key_id')
  @Operation({
    access: 'operator',
    id: 'deleteApiKey',
    summary: 'Delete a key; within 1 s it opens nothing',
    answers: { 204: null },
  })
  deleteKey(@Param('partner_id', { schema: id }) partnerId: string, @Param('key_id', { schema: id }) keyId: string): Promise<void> {
    return this.partners.deleteKey(partnerId, keyId);
  }
}
