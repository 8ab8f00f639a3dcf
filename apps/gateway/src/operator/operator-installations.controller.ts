import { Body, Controller, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Operation } from '../access/operation.ts';
import type { Answer } from '../http/answer.ts';
import { type InstallationBody, installationResponse } from '../installations/installation.schema.ts';
import { InstallationsService } from '../installations/installations.service.ts';
import { type InstallationInputBody, installationInput } from './operator.schema.ts';

@ApiTags('Operator')
@Controller('v1/operator/installations')
export class OperatorInstallationsController {
  constructor(private readonly installations: InstallationsService) {}

  @Post()
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
}
