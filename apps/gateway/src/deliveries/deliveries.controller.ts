import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CallersTenant, type Tenant } from '../access/caller.ts';
import { Operation } from '../access/operation.ts';
import { id } from '../validation/fields.ts';
import type { List } from '../validation/page.ts';
import {
  type AttemptBody,
  type AttemptQuery,
  type DeliveryBody,
  type DeliveryQuery,
  attemptList,
  attemptQuery,
  deliveryList,
  deliveryQuery,
  deliveryResponse,
} from './delivery.schema.ts';
import { DeliveriesService } from './deliveries.service.ts';

@ApiTags('Deliveries')
@Controller('v1')
export class DeliveriesController {
  constructor(private readonly deliveries: DeliveriesService) {}

  @Get('apps/:app_id/deliveries')
  @Operation({
    access: 'deliveries.read',
    id: 'listDeliveries',
    summary: "An app's deliveries, newest first",
    answers: { 200: deliveryList },
  })
  list(
    @CallersTenant() tenant: Tenant,
    @Param('app_id', { schema: id }) appId: string,
    @Query({ schema: deliveryQuery }) query: DeliveryQuery,
  ): Promise<List<DeliveryBody>> {
    return this.deliveries.list(tenant, appId, query);
  }

  @Get('deliveries/:delivery_id')
  @Operation({ access: 'deliveries.read', id: 'getDelivery', summary: 'One delivery', answers: { 200: deliveryResponse } })
  get(@CallersTenant() tenant: Tenant, @Param('delivery_id', { schema: id }) deliveryId: string): Promise<DeliveryBody> {
    return this.deliveries.get(tenant, deliveryId);
  }

  @Get('deliveries/:delivery_id/attempts')
  @Operation({
    access: 'deliveries.read',
    id: 'listAttempts',
    summary: 'Every request of a delivery, oldest first',
    answers: { 200: attemptList },
  })
  attempts(
    @CallersTenant() tenant: Tenant,
    @Param('delivery_id', { schema: id }) deliveryId: string,
    @Query({ schema: attemptQuery }) query: AttemptQuery,
  ): Promise<List<AttemptBody>> {
    return this.deliveries.attempts(tenant, deliveryId, query);
  }
}
