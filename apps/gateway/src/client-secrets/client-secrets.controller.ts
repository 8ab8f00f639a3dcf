import { Body, Controller, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CallersTenant, type Tenant } from '../access/caller.ts';
import { Operation } from '../access/operation.ts';
import { AppsReader } from '../apps/apps.reader.ts';
import { id } from '../validation/fields.ts';
import {
  type RotateClientSecretBody,
  type RotatedClientSecretBody,
  rotateClientSecretInput,
  rotatedClientSecret,
  toRotatedClientSecret,
} from './client-secret.schema.ts';
import { ClientSecrets } from './client-secrets.ts';

@ApiTags('Apps')
@Controller('v1/apps/:app_id')
export class ClientSecretsController {
  constructor(
    private readonly apps: AppsReader,
    private readonly secrets: ClientSecrets,
  ) {}

  @Post('rotate-client-secret')
  @Operation({
    access: 'secrets.rotate',
    id: 'rotateClientSecret',
    summary: 'Replace the client secret',
    description: 'During the overlap both open. An app that has none yet gets its first.',
    answers: { 200: rotatedClientSecret },
    problems: ['rotation_in_progress'],
  })
  async rotate(
    @CallersTenant() tenant: Tenant,
    @Param('app_id', { schema: id }) appId: string,
    @Body({ schema: rotateClientSecretInput }) { overlap_seconds: overlapSeconds, force, reason }: RotateClientSecretBody,
  ): Promise<RotatedClientSecretBody> {
    await this.apps.find(tenant, appId);
    return toRotatedClientSecret(await this.secrets.rotate(appId, { overlapSeconds, force, reason }));
  }
}
