import { type DynamicModule, Module } from '@nestjs/common';
import { AppDeletion } from './apps/app-deletion.ts';
import { AppSuspension } from './apps/app-suspension.ts';
import { AppValidator } from './apps/app-validator.ts';
import { AppsController } from './apps/apps.controller.ts';
import { AppsRepository } from './apps/apps.repository.ts';
import { AppsService } from './apps/apps.service.ts';
import { PermissionChanges } from './apps/permission-changes.ts';
import { AuditController } from './audit/audit.controller.ts';
import { AuditRepository } from './audit/audit.repository.ts';
import { AuditService } from './audit/audit.service.ts';
import { AuditSweep } from './audit/audit-sweep.ts';
import { DatabaseModule } from './database/database.module.ts';
import { EndpointSignalsController } from './endpoints/endpoint-signals.controller.ts';
import { EndpointTarget } from './endpoints/endpoint-target.ts';
import { EndpointsController } from './endpoints/endpoints.controller.ts';
import { EndpointsService } from './endpoints/endpoints.service.ts';
import { ENV, type RegistryEnv } from './env.ts';
import { CatalogueAnnouncer } from './event-types/catalogue-announcer.ts';
import { EventTypesController } from './event-types/event-types.controller.ts';
import { EventTypesRepository } from './event-types/event-types.repository.ts';
import { EventTypesService } from './event-types/event-types.service.ts';
import { AbandonedConsents } from './installations/abandoned-consents.ts';
import { InstallationReader } from './installations/installation-reader.ts';
import { InstallationsController } from './installations/installations.controller.ts';
import { InstallationsRepository } from './installations/installations.repository.ts';
import { InstallationsService } from './installations/installations.service.ts';
import { MerchantInstallationsController } from './installations/merchant-installations.controller.ts';
import { MerchantReader } from './installations/merchant-reader.ts';
import { RedactionsRepository } from './installations/redactions.repository.ts';
import { Redactions } from './installations/redactions.ts';
import { ErasuresRepository } from './merchants/erasures.repository.ts';
import { MerchantErasures } from './merchants/merchant-erasures.ts';
import { MerchantsController } from './merchants/merchants.controller.ts';
import { MerchantsRepository } from './merchants/merchants.repository.ts';
import { MerchantsService } from './merchants/merchants.service.ts';
import { PartnersController } from './partners/partners.controller.ts';
import { PartnersRepository } from './partners/partners.repository.ts';
import { PartnersService } from './partners/partners.service.ts';

@Module({
  controllers: [
    PartnersController,
    AppsController,
    EndpointsController,
    EndpointSignalsController,
    InstallationsController,
    MerchantInstallationsController,
    MerchantsController,
    EventTypesController,
    AuditController,
  ],
  providers: [
    PartnersRepository,
    PartnersService,
    AppsRepository,
    AppValidator,
    AppsService,
    AppDeletion,
    AppSuspension,
    PermissionChanges,
    EndpointTarget,
    EndpointsService,
    InstallationsRepository,
    InstallationReader,
    InstallationsService,
    MerchantReader,
    AbandonedConsents,
    RedactionsRepository,
    Redactions,
    MerchantsRepository,
    MerchantsService,
    ErasuresRepository,
    MerchantErasures,
    EventTypesRepository,
    EventTypesService,
    CatalogueAnnouncer,
    AuditRepository,
    AuditService,
    AuditSweep,
  ],
})
export class AppModule {
  static with(env: RegistryEnv): DynamicModule {
    const settings = { module: SettingsModule, global: true, providers: [{ provide: ENV, useValue: env }], exports: [ENV] };
    return { module: AppModule, imports: [settings, DatabaseModule] };
  }
}

@Module({})
class SettingsModule {}
