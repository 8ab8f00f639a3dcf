import type { MessageInitShape } from '@bufbuild/protobuf';
import type {
  GetDeliveryRequest,
  GetDeliveryResponseSchema,
  ListAttemptsRequest,
  ListAttemptsResponseSchema,
  ListDeliveriesRequest,
  ListDeliveriesResponseSchema,
} from '@hookwright/contracts';
import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { DeliveriesService } from './deliveries.service.ts';

@Controller()
export class DeliveriesController {
  constructor(@Inject(DeliveriesService) private readonly deliveries: DeliveriesService) {}

  @GrpcMethod('DeliveryService', 'ListDeliveries')
  listDeliveries(request: ListDeliveriesRequest): Promise<MessageInitShape<typeof ListDeliveriesResponseSchema>> {
    return this.deliveries.list(request);
  }

  @GrpcMethod('DeliveryService', 'GetDelivery')
  getDelivery({ deliveryId }: GetDeliveryRequest): Promise<MessageInitShape<typeof GetDeliveryResponseSchema>> {
    return this.deliveries.get(deliveryId);
  }

  @GrpcMethod('DeliveryService', 'ListAttempts')
  listAttempts(request: ListAttemptsRequest): Promise<MessageInitShape<typeof ListAttemptsResponseSchema>> {
    return this.deliveries.listAttempts(request);
  }
}
