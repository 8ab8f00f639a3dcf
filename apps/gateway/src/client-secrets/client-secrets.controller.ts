import { Body, Controller, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CallersTenant, type Tenant } from '../access/caller.ts';
import { Operation } from '../access/operation.ts';
import { AppsReader } from '../apps/apps.reader.ts';
import { AppLock } from '../erasures/app-lock.ts';
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
    private readonly lock: AppLock,
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
    // Before anybody's id takes one of the few connections that locks have.
    await this.apps.find(tenant, appId);
    const rotated = await this.lock.hold(appId, async () => {
      // Again: a deletion that was made meanwhile has erased the app's secrets, and would leave this one.
      await this.apps.find(tenant, appId);
      return await this.secrets.rotate(appId, { overlapSeconds, force, reason });
    });
    return toRotatedClientSecret(rotated);
  }
}
