import type { MessageInitShape } from '@bufbuild/protobuf';
import type {
  GetMerchantInstallationRequest,
  GetMerchantInstallationResponseSchema,
  ListMerchantInstallationsRequest,
  ListMerchantInstallationsResponseSchema,
} from '@hookwright/contracts';
import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { toApp } from '../apps/app.message.ts';
import { MODES } from '../messages/enums.ts';
import { readPage } from '../pages/page.ts';
import { toInstallation } from './installation.message.ts';
import { MerchantReader } from './merchant-reader.ts';

/** Installations as their merchants ask for them: by merchant, whoever's the apps are. */
@Controller()
export class MerchantInstallationsController {
  constructor(private readonly reader: MerchantReader) {}

  @GrpcMethod('RegistryService', 'ListMerchantInstallations')
  async list(request: ListMerchantInstallationsRequest): Promise<MessageInitShape<typeof ListMerchantInstallationsResponseSchema>> {
    const { rows, nextCursor } = await this.reader.list(request.merchantId, readPage(request.page));
    const installations = rows.map(({ installation, appName, partnerName, mode }) => {
      return { installation: toInstallation(installation), appName, partnerName, mode: MODES.valueOf(mode) };
    });
    return { installations, nextCursor };
  }

  @GrpcMethod('RegistryService', 'GetMerchantInstallation')
  async get(request: GetMerchantInstallationRequest): Promise<MessageInitShape<typeof GetMerchantInstallationResponseSchema>> {
    const { installation, app, partnerName } = await this.reader.get(request.merchantId, request.installationId);
    return { installation: toInstallation(installation), app: toApp(app), partnerName };
  }
}
