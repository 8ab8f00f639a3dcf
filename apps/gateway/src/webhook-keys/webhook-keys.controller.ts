import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Operation } from '../access/operation.ts';
import { Backends } from '../backends/backends.ts';
import { Answer } from '../http/answer.ts';
import { type WebhookKeysBody, type WebhookKeysQuery, toWebhookKeys, webhookKeys, webhookKeysQuery } from './webhook-keys.schema.ts';

// As long as a worker may go on with a secret that was revoked. Public: there is nothing in it that not everyone may know.
const CACHING = { 'cache-control': 'public, max-age=60' };

@ApiTags('Endpoint')
@Controller('v1/.well-known/webhook-keys')
export class WebhookKeysController {
  constructor(private readonly backends: Backends) {}

  @Get()
  @Operation({
    access: 'public',
    id: 'getWebhookKeys',
    summary: 'The public keys of an app whose signing scheme is v1a, as a JWKS',
    description:
      'A `v1a` signature that none of them verifies is of a newer key or of nobody: ask once more, then refuse. Empty for an app that signs with `v1` or is not known.',
    answers: { 200: webhookKeys },
    problems: ['missing_field'],
  })
  async list(@Query({ schema: webhookKeysQuery }) { app_id: appId }: WebhookKeysQuery): Promise<Answer<WebhookKeysBody>> {
    const { secrets } = await this.backends.vault.listSecrets({ appIds: [appId] });
    return new Answer(toWebhookKeys(secrets), { headers: CACHING });
  }
}
