import type { MessageInitShape } from '@bufbuild/protobuf';
import type { GetEndpointHealthRequest, GetEndpointHealthResponseSchema } from '@hookwright/contracts';
import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { HealthService } from './health.service.ts';

@Controller()
export class HealthController {
  constructor(@Inject(HealthService) private readonly health: HealthService) {}

  @GrpcMethod('DeliveryService', 'GetEndpointHealth')
  getEndpointHealth({ appId }: GetEndpointHealthRequest): Promise<MessageInitShape<typeof GetEndpointHealthResponseSchema>> {
    return this.health.get(appId);
  }
}
