import type { EndpointSnapshot } from '@hookwright/contracts';
import type { DeliveryRecord } from '../log/delivery-record.ts';
import type { Noted } from './tallies.ts';

/** What a record says about its endpoint's health; undefined: nothing. A 410 has its own way to the registry; a replay's failures do not count (api.md). */
export function noted({ delivery, status, attempt }: DeliveryRecord, endpoint: EndpointSnapshot | undefined): Noted | undefined {
  if (attempt === undefined || endpoint === undefined || attempt.statusCode === 410) return undefined;
  const failed = delivery.trigger === 'replay' ? 'ignored' : 'failed';
  return {
    appId: delivery.appId,
    revision: endpoint.revision,
    deliveryId: delivery.id,
    result: status === 'delivered' ? 'succeeded' : failed,
  };
}
