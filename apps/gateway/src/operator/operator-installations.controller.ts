import { Body, Controller, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Actor } from '@hookwright/contracts';
import { Operation } from '../access/operation.ts';
import type { Answer } from '../http/answer.ts';
import { type InstallationBody, type ReasonBody, installationResponse, reasonInput } from '../installations/installation.schema.ts';
import { InstallationsService } from '../installations/installations.service.ts';
import { id } from '../validation/fields.ts';
import { type InstallationInputBody, installationInput } from './operator.schema.ts';

@ApiTags('Operator')
@Controller('v1/operator')
export class OperatorInstallationsController {
  constructor(private readonly installations: InstallationsService) {}

  @Post('installations')
  @Operation({
    access: 'operator',
    id: 'install',
    summary: 'Install an app at a merchant, for platforms with a consent page of their own',
    description: 'Idempotent: an active installation with these scopes stays as it is (200).',
    answers: { 201: installationResponse, 200: installationResponse },
    problems: ['scope_not_granted_by_permissions', 'conflict', 'app_suspended'],
  })
  install(@Body({ schema: installationInput }) body: InstallationInputBody): Promise<Answer<InstallationBody>> {
    return this.installations.install({ appId: body.app_id, merchantId: body.merchant_id, scopes: body.scopes });
  }

  @Post('apps/:app_id/installations/:installation_id/revoke')
  @Operation({
    access: 'operator',
    id: 'operatorRevokeInstallation',
    summary: "End an installation, whoever's the app is",
    answers: { 200: installationResponse },
    problems: ['conflict', 'installation_not_active'],
  })
  async revoke(
    @Param('app_id', { schema: id }) appId: string,
    @Param('installation_id', { schema: id }) installationId: string,
    @Body({ schema: reasonInput }) body: ReasonBody,
  ): Promise<InstallationBody> {
    return this.installations.revoke(await this.installations.refOfAnybodys(appId, installationId), body, Actor.OPERATOR);
  }

  @Post('apps/:app_id/installations/:installation_id/suspend')
  @Operation({
    access: 'operator',
    id: 'operatorSuspendInstallation',
    summary: "Hold an installation, whoever's the app is",
    answers: { 200: installationResponse },
    problems: ['conflict', 'installation_not_active', 'app_suspended'],
  })
  async suspend(
    @Param('app_id', { schema: id }) appId: string,
    @Param('installation_id', { schema: id }) installationId: string,
    @Body({ schema: reasonInput }) body: ReasonBody,
  ): Promise<InstallationBody> {
    return this.installations.suspend(await this.installations.refOfAnybodys(appId, installationId), body, Actor.OPERATOR);
  }

  @Post('apps/:app_id/installations/:installation_id/unsuspend')
  @Operation({
    access: 'operator',
    id: 'operatorUnsuspendInstallation',
    summary: "End the suspension of an installation, whoever's the app is",
    answers: { 200: installationResponse },
    problems: ['conflict', 'installation_not_active', 'app_suspended'],
  })
  async unsuspend(
    @Param('app_id', { schema: id }) appId: string,
    @Param('installation_id', { schema: id }) installationId: string,
    @Body({ schema: reasonInput }) body: ReasonBody,
  ): Promise<InstallationBody> {
    return this.installations.unsuspend(await this.installations.refOfAnybodys(appId, installationId), body, Actor.OPERATOR);
  }
}
