import type { MessageInitShape } from '@bufbuild/protobuf';
import type {
  PauseEndpointRequest,
  PauseEndpointResponseSchema,
  ResumeEndpointRequest,
  ResumeEndpointResponseSchema,
} from '@hookwright/contracts';
import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { readTenant, toApp } from '../apps/app.message.ts';
import { EndpointsService } from './endpoints.service.ts';

@Controller()
export class EndpointsController {
  constructor(private readonly endpoints: EndpointsService) {}

  @GrpcMethod('RegistryService', 'PauseEndpoint')
  async pause({ tenant, appId }: PauseEndpointRequest): Promise<MessageInitShape<typeof PauseEndpointResponseSchema>> {
    return { app: toApp(await this.endpoints.pause(readTenant(tenant), appId)) };
  }

  @GrpcMethod('RegistryService', 'ResumeEndpoint')
  async resume({ tenant, appId }: ResumeEndpointRequest): Promise<MessageInitShape<typeof ResumeEndpointResponseSchema>> {
    return { app: toApp(await this.endpoints.resume(readTenant(tenant), appId)) };
  }
}
