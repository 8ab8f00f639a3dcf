import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import type { GrpcCredentials } from '@hookwright/runtime';
import { Callers } from './access/callers.ts';
import { Door } from './access/door.ts';
import { ApiKeysRepository } from './api-keys/api-keys.repository.ts';
import { ApiKeys } from './api-keys/api-keys.ts';
import { DemoPartner } from './api-keys/demo-partner.ts';
import { AppsController } from './apps/apps.controller.ts';
import { AppsReader } from './apps/apps.reader.ts';
import { AppsService } from './apps/apps.service.ts';
import { AuditController } from './audit/audit.controller.ts';
import { AuditHandover } from './audit/audit-handover.ts';
import { AuditHandoverRepository } from './audit/audit-handover.repository.ts';
import { BACKEND_CREDENTIALS, Backends } from './backends/backends.ts';
import { ClientSecretsController } from './client-secrets/client-secrets.controller.ts';
import { ClientSecretsRepository } from './client-secrets/client-secrets.repository.ts';
import { ClientSecrets } from './client-secrets/client-secrets.ts';
import { ConsentController } from './consent/consent.controller.ts';
import { ConsentService } from './consent/consent.service.ts';
import { Database } from './database/database.ts';
import { OldestWaiting } from './database/oldest-waiting.ts';
import { DeliveriesController } from './deliveries/deliveries.controller.ts';
import { DeliveriesService } from './deliveries/deliveries.service.ts';
import { EndpointsController } from './endpoints/endpoints.controller.ts';
import { EndpointsService } from './endpoints/endpoints.service.ts';
import { ENV, type GatewayEnv } from './env.ts';
import { AppLock } from './erasures/app-lock.ts';
import { ErasuresRepository } from './erasures/erasures.repository.ts';
import { Erasures } from './erasures/erasures.ts';
import { EventTypesController, OperatorEventTypesController } from './event-types/event-types.controller.ts';
import { EventTypesService } from './event-types/event-types.service.ts';
import { AppHolds } from './holds/app-holds.ts';
import { AppHoldsRepository } from './holds/app-holds.repository.ts';
import { SystemHealthController } from './health/system-health.controller.ts';
import { SystemHealth } from './health/system-health.ts';
import { IdempotencyRepository } from './idempotency/idempotency.repository.ts';
import { ConsentGrants } from './grants/consent-grants.ts';
import { GrantChecksRepository } from './grants/grant-checks.repository.ts';
import { GrantChecks } from './grants/grant-checks.ts';
import { GrantsRepository } from './grants/grants.repository.ts';
import { Grants } from './grants/grants.ts';
import { Idempotency } from './idempotency/idempotency.ts';
import { InstallationsController } from './installations/installations.controller.ts';
import { InstallationsService } from './installations/installations.service.ts';
import { OwnInstallationController } from './installations/own-installation.controller.ts';
import { HostIssuer } from './login/host-issuer.ts';
import { LoginController } from './login/login.controller.ts';
import { LoginService } from './login/login.service.ts';
import { LoginsUnderWay } from './login/logins-under-way.ts';
import { OidcLogin } from './login/oidc-login.ts';
import { MerchantErasuresRepository } from './merchants/merchant-erasures.repository.ts';
import { MerchantErasures } from './merchants/merchant-erasures.ts';
import { MerchantsController } from './merchants/merchants.controller.ts';
import { MerchantsService } from './merchants/merchants.service.ts';
import { MerchantSessions } from './merchant-session/merchant-sessions.ts';
import { MerchantInstallationsController } from './merchants/merchant-installations.controller.ts';
import { MerchantInstallationsService } from './merchants/merchant-installations.service.ts';
import { MerchantPagesController } from './merchants/merchant-pages.controller.ts';
import { MerchantPagesService } from './merchants/merchant-pages.service.ts';
import { AccessTokens } from './oauth/access-tokens.ts';
import { Adapters } from './oauth/adapters/adapters.ts';
import { TransientStore } from './oauth/adapters/transient-store.ts';
import { AppAccess } from './oauth/app-access.ts';
import { AuthorizationServer } from './oauth/authorization-server.ts';
import { Clients } from './oauth/clients.ts';
import { OAuthSweep } from './oauth/sweep.ts';
import { TokenExtras } from './oauth/token-extras.ts';
import { TokensRepository } from './oauth/tokens.repository.ts';
import { Documents } from './openapi/documents.ts';
import { OpenApiController } from './openapi/openapi.controller.ts';
import { MasterKeyController } from './operator/master-key.controller.ts';
import { OperatorAppsController } from './operator/operator-apps.controller.ts';
import { OperatorInstallationsController } from './operator/operator-installations.controller.ts';
import { PartnersController } from './operator/partners.controller.ts';
import { PartnersService } from './operator/partners.service.ts';
import { StylesController } from './pages/styles.controller.ts';
import { ProblemFilter } from './problem/problem.filter.ts';
import { RouteTable } from './problem/route-table.ts';
import { RedisConnection } from './redis/redis-connection.ts';
import { RateLimit } from './rate-limit/rate-limit.ts';
import { WrongCredentials } from './rate-limit/wrong-credentials.ts';
import { ValidationPipe } from './validation/validation.pipe.ts';
import { WebhookKeysController } from './webhook-keys/webhook-keys.controller.ts';

const CONTROLLERS = [
  AppsController,
  ClientSecretsController,
  EndpointsController,
  WebhookKeysController,
  InstallationsController,
  OwnInstallationController,
  MerchantInstallationsController,
  DeliveriesController,
  AuditController,
  EventTypesController,
  PartnersController,
  OperatorEventTypesController,
  OperatorAppsController,
  OperatorInstallationsController,
  MerchantsController,
  MasterKeyController,
  OpenApiController,
  SystemHealthController,
  ConsentController,
  LoginController,
  MerchantPagesController,
  StylesController,
];

const DOMAIN = [AppsReader, AppsService, EndpointsService, InstallationsService, DeliveriesService, EventTypesService, PartnersService];
const OWN_STATE = [
  Database,
  OldestWaiting,
  RedisConnection,
  ApiKeysRepository,
  ApiKeys,
  DemoPartner,
  AuditHandoverRepository,
  AuditHandover,
  ClientSecretsRepository,
  ClientSecrets,
  AppLock,
  ErasuresRepository,
  Erasures,
];
const OAUTH = [
  TokensRepository,
  AccessTokens,
  GrantsRepository,
  Grants,
  Clients,
  TransientStore,
  Adapters,
  TokenExtras,
  AuthorizationServer,
  AppAccess,
  AppHoldsRepository,
  AppHolds,
  OAuthSweep,
  ConsentGrants,
  GrantChecksRepository,
  GrantChecks,
  MerchantErasuresRepository,
  MerchantErasures,
  MerchantsService,
  MerchantSessions,
  HostIssuer,
  LoginsUnderWay,
  OidcLogin,
  LoginService,
  ConsentService,
  MerchantInstallationsService,
  MerchantPagesService,
];
const DOOR = [
  Idempotency,
  IdempotencyRepository,
  Callers,
  Door,
  RateLimit,
  WrongCredentials,
  RouteTable,
  { provide: APP_FILTER, useClass: ProblemFilter },
  { provide: APP_PIPE, useClass: ValidationPipe },
];

/** The gateway's controllers and what they need; `with` gives it its environment and what it shows the services behind it. */
@Module({})
export class AppModule {
  static with(env: GatewayEnv, backends: GrpcCredentials['channel']): DynamicModule {
    const given = [
      { provide: ENV, useValue: env },
      { provide: BACKEND_CREDENTIALS, useValue: backends },
    ];
    return {
      module: AppModule,
      controllers: CONTROLLERS,
      providers: [...given, Backends, ...OWN_STATE, ...OAUTH, ...DOOR, ...DOMAIN, Documents, SystemHealth],
    };
  }
}
