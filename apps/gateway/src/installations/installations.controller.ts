import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { CallersTenant, type Tenant } from '../access/caller.ts';
import { Operation } from '../access/operation.ts';
import { id } from '../validation/fields.ts';
import { type List, pageQuery } from '../validation/page.ts';
import {
  type InstallationBody,
  type InstallationQuery,
  type ReasonBody,
  type TransitionBody,
  installationList,
  installationQuery,
  installationResponse,
  reasonInput,
  transitionList,
} from './installation.schema.ts';
import { InstallationsService } from './installations.service.ts';

@ApiTags('Installations')
@Controller('v1/apps/:app_id/installations')
export class InstallationsController {
  constructor(private readonly installations: InstallationsService) {}

  @Get()
  @Operation({
    access: 'installs.read',
    id: 'listInstallations',
    summary: "An app's installations, newest first",
    answers: { 200: installationList },
  })
  list(
    @CallersTenant() tenant: Tenant,
    @Param('app_id', { schema: id }) appId: string,
    @Query({ schema: installationQuery }) query: InstallationQuery,
  ): Promise<List<InstallationBody>> {
    return this.installations.list(tenant, appId, query);
  }

  @Get(':installation_id')
  @Operation({ access: 'installs.read', id: 'getInstallation', summary: 'One installation', answers: { 200: installationResponse } })
  get(
    @CallersTenant() tenant: Tenant,
    @Param('app_id', { schema: id }) appId: string,
    @Param('installation_id', { schema: id }) installationId: string,
  ): Promise<InstallationBody> {
    return this.installations.get({ tenant, appId, installationId });
  }

  @Get(':installation_id/history')
  @Operation({
    access: 'installs.read',
    id: 'listInstallationHistory',
    summary: 'What happened to an installation: when, by whom, why',
    answers: { 200: transitionList },
  })
  history(
    @CallersTenant() tenant: Tenant,
    @Param('app_id', { schema: id }) appId: string,
    @Param('installation_id', { schema: id }) installationId: string,
    @Query({ schema: pageQuery }) page: z.infer<typeof pageQuery>,
  ): Promise<List<TransitionBody>> {
    return this.installations.history({ tenant, appId, installationId }, page);
  }

  @Post(':installation_id/revoke')
  @Operation({
    access: 'installs.write',
    id: 'revokeInstallation',
    summary: 'End an installation; nothing of this merchant is sent any more',
    answers: { 200: installationResponse },
    problems: ['conflict', 'installation_not_active'],
  })
  revoke(
    @CallersTenant() tenant: Tenant,
    @Param('app_id', { schema: id }) appId: string,
    @Param('installation_id', { schema: id }) installationId: string,
    @Body({ schema: reasonInput }) body: ReasonBody,
  ): Promise<InstallationBody> {
    return this.installations.revoke({ tenant, appId, installationId }, body);
  }

  @Post(':installation_id/suspend')
  @Operation({
    access: 'installs.write',
    id: 'suspendInstallation',
    summary: "Hold an installation: the merchant's events are neither sent nor kept until it is unsuspended",
    answers: { 200: installationResponse },
    problems: ['conflict', 'installation_not_active', 'app_suspended'],
  })
  suspend(
    @CallersTenant() tenant: Tenant,
    @Param('app_id', { schema: id }) appId: string,
    @Param('installation_id', { schema: id }) installationId: string,
    @Body({ schema: reasonInput }) body: ReasonBody,
  ): Promise<InstallationBody> {
    return this.installations.suspend({ tenant, appId, installationId }, body);
  }

  @Post(':installation_id/unsuspend')
  @Operation({
    access: 'installs.write',
    id: 'unsuspendInstallation',
    summary: "End a suspension: the merchant's events are sent again from now on",
    answers: { 200: installationResponse },
    problems: ['conflict', 'installation_not_active', 'app_suspended'],
  })
  unsuspend(
    @CallersTenant() tenant: Tenant,
    @Param('app_id', { schema: id }) appId: string,
    @Param('installation_id', { schema: id }) installationId: string,
    @Body({ schema: reasonInput }) body: ReasonBody,
  ): Promise<InstallationBody> {
    return this.installations.unsuspend({ tenant, appId, installationId }, body);
  }
}
