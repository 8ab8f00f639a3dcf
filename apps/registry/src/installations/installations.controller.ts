import type { MessageInitShape } from '@bufbuild/protobuf';
import type {
  Actor,
  BeginConsentRequest,
  BeginConsentResponseSchema,
  Consent as ConsentMessage,
  GetInstallationRequest,
  GetInstallationResponseSchema,
  InstallRequest,
  InstallResponseSchema,
  ListInstallationHistoryRequest,
  ListInstallationHistoryResponseSchema,
  ListInstallationsRequest,
  ListInstallationsResponseSchema,
  RevokeInstallationRequest,
  RevokeInstallationResponseSchema,
  SuspendInstallationRequest,
  SuspendInstallationResponseSchema,
  UnsuspendInstallationRequest,
  UnsuspendInstallationResponseSchema,
} from '@hookwright/contracts';
import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { readTenant } from '../apps/app.message.ts';
import { distinct } from '../fields/field-rules.ts';
import { ACTORS, INSTALLATION_STATUSES } from '../messages/enums.ts';
import { readPage } from '../pages/page.ts';
import type { Cause } from './installation.ts';
import type { Consent } from './install-wish.ts';
import { toInstallation, toTransition } from './installation.message.ts';
import { InstallationReader } from './installation-reader.ts';
import { InstallationsService } from './installations.service.ts';

@Controller()
export class InstallationsController {
  constructor(
    private readonly installations: InstallationsService,
    private readonly reader: InstallationReader,
  ) {}

  @GrpcMethod('RegistryService', 'BeginConsent')
  async beginConsent({ appId, merchantId }: BeginConsentRequest): Promise<MessageInitShape<typeof BeginConsentResponseSchema>> {
    const cause: Cause = { actor: 'merchant', reason: '', now: new Date() };
    return { installation: toInstallation(await this.installations.beginConsent({ appId, merchantId }, cause)) };
  }

  @GrpcMethod('RegistryService', 'Install')
  async install(request: InstallRequest): Promise<MessageInitShape<typeof InstallResponseSchema>> {
    const { appId, merchantId, installedBy, consent } = request;
    const cause = readCause(request);
    const who = { appId, merchantId, installedBy: installedBy === '' ? cause.actor : installedBy };
    const wish = { ...who, scopes: distinct(request.scopes), ...(consent !== undefined && { consent: readConsent(consent) }) };
    const { installation, created } = await this.installations.install(wish, cause);
    return { installation: toInstallation(installation), created };
  }

  @GrpcMethod('RegistryService', 'GetInstallation')
  async get({ tenant, appId, installationId }: GetInstallationRequest): Promise<MessageInitShape<typeof GetInstallationResponseSchema>> {
    return { installation: toInstallation(await this.reader.get(readTenant(tenant), appId, installationId)) };
  }

  @GrpcMethod('RegistryService', 'ListInstallations')
  async list(request: ListInstallationsRequest): Promise<MessageInitShape<typeof ListInstallationsResponseSchema>> {
    const { appId, status, merchantId } = request;
    const filter = { appId, status: INSTALLATION_STATUSES.wordOf(status), merchantId: merchantId === '' ? undefined : merchantId };
    const { rows, nextCursor } = await this.reader.list(readTenant(request.tenant), filter, readPage(request.page));
    return { installations: rows.map(toInstallation), nextCursor };
  }

  @GrpcMethod('RegistryService', 'ListInstallationHistory')
  async history(request: ListInstallationHistoryRequest): Promise<MessageInitShape<typeof ListInstallationHistoryResponseSchema>> {
    const { appId, installationId: id } = request;
    const page = { limit: readPage({ limit: request.page?.limit ?? 0, cursor: '' }).limit, cursor: request.page?.cursor ?? '' };
    const { rows, nextCursor } = await this.reader.history({ tenant: readTenant(request.tenant), appId, id }, page);
    return { transitions: rows.map(toTransition), nextCursor };
  }

  @GrpcMethod('RegistryService', 'RevokeInstallation')
  async revoke(request: RevokeInstallationRequest): Promise<MessageInitShape<typeof RevokeInstallationResponseSchema>> {
    return { installation: toInstallation(await this.installations.revoke(readRef(request), readCause(request))) };
  }

  @GrpcMethod('RegistryService', 'SuspendInstallation')
  async suspend(request: SuspendInstallationRequest): Promise<MessageInitShape<typeof SuspendInstallationResponseSchema>> {
    return { installation: toInstallation(await this.installations.suspend(readRef(request), readCause(request))) };
  }

  @GrpcMethod('RegistryService', 'UnsuspendInstallation')
  async unsuspend(request: UnsuspendInstallationRequest): Promise<MessageInitShape<typeof UnsuspendInstallationResponseSchema>> {
    return { installation: toInstallation(await this.installations.unsuspend(readRef(request), readCause(request))) };
  }
}

function readRef({ tenant, appId, installationId }: RevokeInstallationRequest | SuspendInstallationRequest | UnsuspendInstallationRequest) {
  return { tenant: readTenant(tenant), appId, id: installationId };
}

function readConsent({ permissions, permissionRevision, generation }: ConsentMessage): Consent {
  return { permissions: distinct(permissions), permissionRevision, ...(generation !== undefined && { generation }) };
}

/** Who does not say who he is, is the operator: only his requests reach us without a tenant's key. */
function readCause({ actor, reason = '' }: { actor: Actor; reason?: string }): Cause {
  return { actor: ACTORS.wordOf(actor) ?? 'operator', reason, now: new Date() };
}
