import { type Event, EventSource, Mode } from '@hookwright/contracts';
import type { BodyStyle, Delivery } from './delivery.ts';

/** An event with more data than this goes out without it (api.md). */
export const MAX_FULL_DATA_BYTES = 256 * 1024;

const THIN = Buffer.from('null}');
const TRUNCATED = Buffer.from('null,"truncated":true}');
const END = Buffer.from('}');

/** The exact bytes an endpoint receives (api.md, "What an endpoint receives"): our attributes around the event's untouched data. */
export function bodyOf(delivery: Pick<Delivery, 'appId' | 'installationId' | 'generation' | 'source'>, style: BodyStyle): Buffer {
  const { event, data } = delivery.source;
  const head = Buffer.from(headOf(delivery, event, style));
  if (style.payloadStyle === 'thin') return Buffer.concat([head, THIN]);
  if (data.length > MAX_FULL_DATA_BYTES) return Buffer.concat([head, TRUNCATED]);
  return Buffer.concat([head, data, END]);
}

function headOf(
  { appId, installationId, generation }: Pick<Delivery, 'appId' | 'installationId' | 'generation'>,
  event: Event,
  { apiVersion }: BodyStyle,
): string {
  const { resource } = event;
  const attributes = JSON.stringify({
    id: event.eventId,
    type: event.type,
    timestamp: new Date(Number(event.occurredAtMs)).toISOString(),
    source: sourceName(event.source),
    app_id: appId,
    installation_id: installationId === '' ? null : installationId,
    installation_generation: installationId === '' ? null : generation,
    merchant_id: event.merchantId === '' ? null : event.merchantId,
    mode: event.mode === Mode.TEST ? 'test' : 'live',
    api_version: apiVersion,
    sequence: event.sequence,
    resource: resource === undefined ? null : { type: resource.type, id: resource.id, version: resource.version },
    test: event.test,
  });
  return `${attributes.slice(0, -1)},"data":`;
}

/** The source's name in the API. */
export function sourceName(source: EventSource): 'partner_app' | 'installed_merchants' {
  return source === EventSource.PARTNER_APP ? 'partner_app' : 'installed_merchants';
}
