import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CallersInstallation } from '../access/caller.ts';
import { Operation } from '../access/operation.ts';
import type { InstallationRef } from '../grants/grant-checks.ts';
import { type InstallationBody, installationResponse } from './installation.schema.ts';
import { InstallationsService } from './installations.service.ts';

@ApiTags('Installations')
@Controller('v1/installation')
export class OwnInstallationController {
  constructor(private readonly installations: InstallationsService) {}

  @Get()
  @Operation({
    access: 'installation',
    id: 'getOwnInstallation',
    summary: 'The installation that an access token belongs to',
    description:
      'With the access token that a merchant’s consent led to. Its scopes now: a token may have been made when there were fewer, or more.',
    answers: { 200: installationResponse },
  })
  get(@CallersInstallation() ref: InstallationRef): Promise<InstallationBody> {
    return this.installations.get(ref);
  }
}
