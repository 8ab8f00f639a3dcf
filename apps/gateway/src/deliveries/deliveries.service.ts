import { Injectable } from '@nestjs/common';
import { type Delivery, DeliveryStatus } from '@hookwright/contracts';
import { Problem, notFound } from '@hookwright/runtime';
import type { Tenant } from '../access/caller.ts';
import { AppsReader } from '../apps/apps.reader.ts';
import { Backends } from '../backends/backends.ts';
import { type List, toList } from '../validation/page.ts';
import { type AttemptBody, type AttemptQuery, type DeliveryBody, type DeliveryQuery, toAttempt, toDelivery } from './delivery.schema.ts';

/** The log of deliveries, which knows apps but not whose they are: that is asked of the registry first. */
@Injectable()
export class DeliveriesService {
  constructor(
    private readonly backends: Backends,
    private readonly apps: AppsReader,
  ) {}

  async list(tenant: Tenant, appId: string, query: DeliveryQuery): Promise<List<DeliveryBody>> {
    await this.apps.find(tenant, appId);
    const { deliveries, nextCursor } = await this.backends.deliveryLog.listDeliveries({ appId, ...filtersOf(query) });
    return toList(deliveries.map(toDelivery), nextCursor);
  }

  async get(tenant: Tenant, deliveryId: string): Promise<DeliveryBody> {
    return toDelivery(await this.find(tenant, deliveryId));
  }

  async attempts(tenant: Tenant, deliveryId: string, { include = '' }: AttemptQuery): Promise<List<AttemptBody>> {
    await this.find(tenant, deliveryId);
    const includeResponse = include.split(',').includes('response');
    const { attempts } = await this.backends.deliveryLog.listAttempts({ deliveryId, includeResponse });
    return toList(
      attempts.map((attempt) => toAttempt(attempt, includeResponse)),
      '',
    );
  }

  private async find(tenant: Tenant, deliveryId: string): Promise<Delivery> {
    const { delivery } = await this.backends.deliveryLog.getDelivery({ deliveryId });
    if (delivery === undefined) throw notFound('delivery');
    await this.apps.find(tenant, delivery.appId).catch(asUnknownDelivery);
    return delivery;
  }
}

function asUnknownDelivery(error: unknown): never {
  if (error instanceof Problem && error.code === 'not_found') throw notFound('delivery');
  throw error;
}

function filtersOf(query: DeliveryQuery): Parameters<Backends['deliveryLog']['listDeliveries']>[0] {
  return {
    status: query.status ?? DeliveryStatus.UNSPECIFIED,
    eventType: query.event_type ?? '',
    merchantId: query.merchant_id ?? '',
    installationId: query.installation_id ?? '',
    errorCategory: query.error_category ?? '',
    trigger: query.trigger ?? '',
    limit: query.limit,
    cursor: query.cursor,
    ...(query.status_code !== undefined && { statusCode: query.status_code }),
    ...(query.created_after !== undefined && { createdAfterMs: query.created_after }),
    ...(query.created_before !== undefined && { createdBeforeMs: query.created_before }),
  };
}
