import { Body, Controller, Delete, Get, Headers, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { CallersTenant, type Tenant } from '../access/caller.ts';
import { Operation } from '../access/operation.ts';
import type { Answer } from '../http/answer.ts';
import { id } from '../validation/fields.ts';
import { type List, pageQuery } from '../validation/page.ts';
import {
  type AppBody,
  type AppInputBody,
  type AppPatchBody,
  type NewAppBody,
  appInput,
  appList,
  appPatch,
  appResponse,
  newAppResponse,
} from './app.schema.ts';
import { AppsService } from './apps.service.ts';

const ENDPOINT_PROBLEMS = [
  'url_not_https',
  'url_blocked',
  'invalid_url',
  'invalid_redirect_uri',
  'invalid_jwks',
  'unknown_event_type',
  'scope_not_granted_by_permissions',
] as const;

@ApiTags('Apps')
@Controller('v1/apps')
export class AppsController {
  constructor(private readonly apps: AppsService) {}

  @Post()
  @Operation({
    access: 'apps.write',
    id: 'createApp',
    summary: 'Create an app, with or without its webhook endpoint',
    description:
      'The app is of the mode of the key. `client_secret` and `webhook.secret` are in this answer and never again; with the signing scheme v1a there is `webhook.public_key` instead.',
    answers: { 201: newAppResponse },
    problems: ENDPOINT_PROBLEMS,
  })
  create(@CallersTenant() tenant: Tenant, @Body({ schema: appInput }) body: AppInputBody): Promise<Answer<NewAppBody>> {
    return this.apps.create(tenant, body);
  }

  @Get()
  @Operation({ access: 'apps.read', id: 'listApps', summary: 'List apps, newest first', answers: { 200: appList } })
  list(@CallersTenant() tenant: Tenant, @Query({ schema: pageQuery }) page: z.infer<typeof pageQuery>): Promise<List<AppBody>> {
    return this.apps.list(tenant, page);
  }

  @Get(':app_id')
  @Operation({ access: 'apps.read', id: 'getApp', summary: 'One app; its ETag is for If-Match', answers: { 200: appResponse } })
  get(@CallersTenant() tenant: Tenant, @Param('app_id', { schema: id }) appId: string): Promise<Answer<AppBody>> {
    return this.apps.get(tenant, appId);
  }

  @Patch(':app_id')
  @Operation({
    access: 'apps.write',
    id: 'updateApp',
    summary: 'Change an app (JSON Merge Patch)',
    description:
      '`{"webhook": null}` removes the endpoint and its secrets. A patch that gives the app its first endpoint, or another signing scheme, answers with `webhook.secret` or `webhook.public_key`. Another scheme is a rotation with an overlap of a day: until then every request carries a signature of both.',
    answers: { 200: newAppResponse },
    problems: [...ENDPOINT_PROBLEMS, 'conflict', 'rotation_in_progress', 'precondition_failed'],
  })
  update(
    @CallersTenant() tenant: Tenant,
    @Param('app_id', { schema: id }) appId: string,
    @Body({ schema: appPatch }) body: AppPatchBody,
    @Headers('if-match') ifMatch?: string,
  ): Promise<Answer<NewAppBody>> {
    return this.apps.update(tenant, appId, body, ifMatch);
  }

  @Delete(':app_id')
  @Operation({
    access: 'apps.write',
    id: 'deleteApp',
    summary: 'Delete an app: revokes its installations, erases its secrets',
    answers: { 204: null },
    problems: ['precondition_failed'],
  })
  delete(
    @CallersTenant() tenant: Tenant,
    @Param('app_id', { schema: id }) appId: string,
    @Headers('if-match') ifMatch?: string,
  ): Promise<void> {
    return this.apps.delete(tenant, appId, ifMatch);
  }
}
