import { fromBinary } from '@bufbuild/protobuf';
import { EventSchema } from '@hookwright/contracts';
import type { ParkReason } from '../endpoints/admission.ts';
import type { Delivery, Trigger } from '../expansion/delivery.ts';
import type { ClaimedRow } from './sql/claim-due.ts';

const INSTALL_UNTOLD: ParkReason = 'install_untold';

/** A claimed row as a delivery; undefined when its event is not kept any more. */
export function claimedDelivery(row: ClaimedRow): Delivery | undefined {
  if (row.event === null || row.data === null) return undefined;
  const { payload_style, api_version } = row;
  const payloadStyle = payload_style === 'thin' ? 'thin' : 'full';
  return {
    id: row.id,
    appId: row.app_id,
    installationId: row.installation_id,
    generation: row.generation,
    afterCreated: row.reason === INSTALL_UNTOLD,
    source: { event: fromBinary(EventSchema, row.event), eventBytes: row.event, data: row.data, isStored: true },
    createdAtMs: row.created_ms,
    waitedMs: row.waited_ms,
    trigger: row.trigger as Trigger,
    attemptCount: row.attempt_count,
    style: payload_style === null || api_version === null ? undefined : { payloadStyle, apiVersion: api_version },
    origin: 'parked',
  };
}
