import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { CallersMerchant } from '../access/caller.ts';
import { Operation } from '../access/operation.ts';
import { type ReasonBody, reasonInput } from '../installations/installation.schema.ts';
import { id } from '../validation/fields.ts';
import { type List, pageQuery, toList } from '../validation/page.ts';
import {
  type MerchantInstallationBody,
  merchantInstallationList,
  merchantInstallationResponse,
  toMerchantInstallation,
} from './merchant-installation.schema.ts';
import { MerchantInstallationsService } from './merchant-installations.service.ts';

@ApiTags('Merchant')
@Controller('v1/merchants/me/installations')
export class MerchantInstallationsController {
  constructor(private readonly installations: MerchantInstallationsService) {}

  @Get()
  @Operation({
    access: 'merchant',
    id: 'listOwnInstallations',
    summary: 'What the merchant has installed, newest first',
    description: 'Also what is on hold or asks for more; neither what has ended nor what waits for his consent.',
    answers: { 200: merchantInstallationList },
  })
  async list(
    @CallersMerchant() merchantId: string,
    @Query({ schema: pageQuery }) page: z.infer<typeof pageQuery>,
  ): Promise<List<MerchantInstallationBody>> {
    const { found, nextCursor } = await this.installations.list(merchantId, page);
    return toList(found.map(toMerchantInstallation), nextCursor);
  }

  @Post(':installation_id/revoke')
  @Operation({
    access: 'merchant',
    id: 'revokeOwnInstallation',
    summary: 'Remove an app: nothing of this merchant is sent to it any more, and its tokens end',
    answers: { 200: merchantInstallationResponse },
    problems: ['cross_site_request', 'conflict'],
  })
  async revoke(
    @CallersMerchant() merchantId: string,
    @Param('installation_id', { schema: id }) installationId: string,
    @Body({ schema: reasonInput }) { reason }: ReasonBody,
  ): Promise<MerchantInstallationBody> {
    const { installation, app, partnerName } = await this.installations.revoke({ merchantId, installationId }, reason);
    return toMerchantInstallation({ installation, appName: app.name, partnerName, mode: app.mode });
  }
}
