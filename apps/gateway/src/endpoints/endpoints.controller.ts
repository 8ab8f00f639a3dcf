import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CallersTenant, type Tenant } from '../access/caller.ts';
import { Operation } from '../access/operation.ts';
import { type AppBody, type SigningSecretBody, appResponse } from '../apps/app.schema.ts';
import { id } from '../validation/fields.ts';
import type { List } from '../validation/page.ts';
import { type RotateBody, type RotatedSecretBody, rotateInput, rotatedSecret, secretList } from './endpoint.schema.ts';
import { type EndpointHealthBody, endpointHealth } from './endpoint-health.schema.ts';
import { EndpointsService } from './endpoints.service.ts';

@ApiTags('Endpoint')
@Controller('v1/apps/:app_id')
export class EndpointsController {
  constructor(private readonly endpoints: EndpointsService) {}

  @Post('rotate-secret')
  @Operation({
    access: 'secrets.rotate',
    id: 'rotateSecret',
    summary: 'Replace the signing secret',
    description: 'During the overlap every request carries the signatures of both. The new one is of the same scheme.',
    answers: { 200: rotatedSecret },
    problems: ['no_endpoint', 'rotation_in_progress', 'conflict'],
  })
  rotateSecret(
    @CallersTenant() tenant: Tenant,
    @Param('app_id', { schema: id }) appId: string,
    @Body({ schema: rotateInput }) body: RotateBody,
  ): Promise<RotatedSecretBody> {
    return this.endpoints.rotateSecret(tenant, appId, body);
  }

  @Get('webhook/secrets')
  @Operation({
    access: 'apps.read',
    id: 'listSecrets',
    summary: 'The live signing secrets, newest first, without their text',
    answers: { 200: secretList },
    problems: ['no_endpoint'],
  })
  listSecrets(@CallersTenant() tenant: Tenant, @Param('app_id', { schema: id }) appId: string): Promise<List<SigningSecretBody>> {
    return this.endpoints.listSecrets(tenant, appId);
  }

  @Post('webhook/secrets/:secret_id/revoke')
  @Operation({
    access: 'secrets.rotate',
    id: 'revokeSecret',
    summary: 'End a signing secret now',
    answers: { 204: null },
    problems: ['no_endpoint', 'last_secret'],
  })
  revokeSecret(
    @CallersTenant() tenant: Tenant,
    @Param('app_id', { schema: id }) appId: string,
    @Param('secret_id', { schema: id }) secretId: string,
  ): Promise<void> {
    return this.endpoints.revokeSecret(tenant, appId, secretId);
  }

  @Get('webhook/health')
  @Operation({
    access: 'apps.read',
    id: 'getEndpointHealth',
    summary: 'How the endpoint is doing: breaker, success rate, backlog, warnings',
    description: 'Counts lag behind by a minute at most. Only attempts count: a delivery that waits is in the backlog.',
    answers: { 200: endpointHealth },
    problems: ['no_endpoint'],
  })
  health(@CallersTenant() tenant: Tenant, @Param('app_id', { schema: id }) appId: string): Promise<EndpointHealthBody> {
    return this.endpoints.health(tenant, appId);
  }

  @Post('webhook/pause')
  @Operation({
    access: 'apps.write',
    id: 'pauseEndpoint',
    summary: 'Let deliveries wait',
    answers: { 200: appResponse },
    problems: ['no_endpoint', 'endpoint_not_enabled'],
  })
  pause(@CallersTenant() tenant: Tenant, @Param('app_id', { schema: id }) appId: string): Promise<AppBody> {
    return this.endpoints.pause(tenant, appId);
  }

  @Post('webhook/resume')
  @Operation({
    access: 'apps.write',
    id: 'resumeEndpoint',
    summary: 'Send what waits, oldest first',
    answers: { 200: appResponse },
    problems: ['no_endpoint', 'endpoint_not_paused'],
  })
  resume(@CallersTenant() tenant: Tenant, @Param('app_id', { schema: id }) appId: string): Promise<AppBody> {
    return this.endpoints.resume(tenant, appId);
  }
}
