import type { MessageInitShape } from '@bufbuild/protobuf';
import type {
  CreateAppRequest,
  CreateAppResponseSchema,
  DeleteAppRequest,
  DeleteAppResponseSchema,
  GetAppSuspensionRequest,
  GetAppSuspensionResponseSchema,
  GetAppTenantRequest,
  GetAppTenantResponseSchema,
  GetAppRequest,
  GetAppResponseSchema,
  GetOAuthClientRequest,
  GetOAuthClientResponseSchema,
  ListAppsRequest,
  ListAppsResponseSchema,
  SuspendAppRequest,
  SuspendAppResponseSchema,
  UnsuspendAppRequest,
  UnsuspendAppResponseSchema,
  UpdateAppRequest,
  UpdateAppResponseSchema,
} from '@hookwright/contracts';
import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { toMs } from '../messages/times.ts';
import { readPage } from '../pages/page.ts';
import { readApp, readTenant, toApp, toTenant } from './app.message.ts';
import { AppDeletion } from './app-deletion.ts';
import { AppSuspension } from './app-suspension.ts';
import { AppsService } from './apps.service.ts';

@Controller()
export class AppsController {
  constructor(
    private readonly apps: AppsService,
    private readonly deletion: AppDeletion,
    private readonly suspension: AppSuspension,
  ) {}

  @GrpcMethod('RegistryService', 'CreateApp')
  async create({ tenant, appId, app }: CreateAppRequest): Promise<MessageInitShape<typeof CreateAppResponseSchema>> {
    return { app: toApp(await this.apps.create({ tenant: readTenant(tenant), appId, patch: readApp(app) })) };
  }

  @GrpcMethod('RegistryService', 'GetApp')
  async get({ tenant, appId }: GetAppRequest): Promise<MessageInitShape<typeof GetAppResponseSchema>> {
    return { app: toApp(await this.apps.get(readTenant(tenant), appId)) };
  }

  @GrpcMethod('RegistryService', 'GetOAuthClient')
  async getClient({ clientId }: GetOAuthClientRequest): Promise<MessageInitShape<typeof GetOAuthClientResponseSchema>> {
    const { app, partnerName } = await this.apps.getClient(clientId);
    return { app: toApp(app), partnerName };
  }

  @GrpcMethod('RegistryService', 'ListApps')
  async list({ tenant, page }: ListAppsRequest): Promise<MessageInitShape<typeof ListAppsResponseSchema>> {
    const { rows, nextCursor } = await this.apps.list(readTenant(tenant), readPage(page));
    return { apps: rows.map(toApp), nextCursor };
  }

  @GrpcMethod('RegistryService', 'UpdateApp')
  async update({ tenant, appId, app, ifRevision }: UpdateAppRequest): Promise<MessageInitShape<typeof UpdateAppResponseSchema>> {
    const updated = await this.apps.update({ tenant: readTenant(tenant), appId, patch: readApp(app), ifRevision });
    return { app: toApp(updated.app), endpointCreated: updated.endpointCreated };
  }

  @GrpcMethod('RegistryService', 'DeleteApp')
  async delete({ tenant, appId }: DeleteAppRequest): Promise<MessageInitShape<typeof DeleteAppResponseSchema>> {
    await this.deletion.delete(readTenant(tenant), appId);
    return {};
  }

  @GrpcMethod('RegistryService', 'SuspendApp')
  async suspend({ appId, reason }: SuspendAppRequest): Promise<MessageInitShape<typeof SuspendAppResponseSchema>> {
    return { app: toApp(await this.suspension.suspend(appId, reason)) };
  }

  @GrpcMethod('RegistryService', 'UnsuspendApp')
  async unsuspend({ appId, reason }: UnsuspendAppRequest): Promise<MessageInitShape<typeof UnsuspendAppResponseSchema>> {
    return { app: toApp(await this.suspension.unsuspend(appId, reason)) };
  }

  @GrpcMethod('RegistryService', 'GetAppSuspension')
  async getSuspension({ appId }: GetAppSuspensionRequest): Promise<MessageInitShape<typeof GetAppSuspensionResponseSchema>> {
    const suspendedAt = await this.suspension.suspendedAt(appId);
    return suspendedAt === null ? {} : { suspendedAtMs: toMs(suspendedAt) };
  }

  @GrpcMethod('RegistryService', 'GetAppTenant')
  async getTenant({ appId }: GetAppTenantRequest): Promise<MessageInitShape<typeof GetAppTenantResponseSchema>> {
    return { tenant: toTenant(await this.apps.getAnybodys(appId)) };
  }
}
