import { type Event, EventSource, Mode } from '@hookwright/contracts';
import type { BodyStyle, Delivery, EventHead } from './delivery.ts';

/** An event with more data than this goes out without it (api.md). */
export const MAX_FULL_DATA_BYTES = 256 * 1024;

type Addressed = Pick<Delivery, 'appId' | 'installationId' | 'generation' | 'source'>;

const NOTHING = Buffer.alloc(0);

/** The exact bytes an endpoint receives (api.md, "What an endpoint receives"): our attributes around the event's untouched data. */
export function bodyOf(delivery: Addressed, style: BodyStyle): Buffer {
  const { data } = delivery.source;
  const head = headOf(delivery, style);
  if (style.payloadStyle === 'thin') return joined(`${head}null`, NOTHING, '}');
  if (data.length > MAX_FULL_DATA_BYTES) return joined(`${head}null`, NOTHING, ',"truncated":true}');
  return joined(head, data, '}');
}

/** One buffer, written once. `end` is ASCII. */
function joined(head: string, data: Buffer, end: string): Buffer {
  const headBytes = Buffer.byteLength(head);
  const bytes = Buffer.allocUnsafe(headBytes + data.length + end.length);
  bytes.write(head);
  data.copy(bytes, headBytes);
  bytes.write(end, headBytes + data.length, 'latin1');
  return bytes;
}

/** JSON by hand: of ten apps' bodies nine tenths of the attributes are the same, and stringifying them costs 4 µs each time. */
function headOf({ appId, installationId, generation, source }: Addressed, { apiVersion }: BodyStyle): string {
  const [start, middle, end] = (source.head ??= eventHead(source.event));
  const installation =
    installationId === ''
      ? '"installation_id":null,"installation_generation":null'
      : `"installation_id":${JSON.stringify(installationId)},"installation_generation":${generation}`;
  return `${start}${JSON.stringify(appId)},${installation}${middle}${JSON.stringify(apiVersion)}${end}`;
}

function eventHead(event: Event): EventHead {
  const { resource } = event;
  const start = JSON.stringify({
    id: event.eventId,
    type: event.type,
    timestamp: new Date(Number(event.occurredAtMs)).toISOString(),
    source: sourceName(event.source),
  });
  const middle = JSON.stringify({
    merchant_id: event.merchantId === '' ? null : event.merchantId,
    mode: event.mode === Mode.TEST ? 'test' : 'live',
  });
  const end = JSON.stringify({
    sequence: event.sequence,
    resource: resource === undefined ? null : { type: resource.type, id: resource.id, version: resource.version },
    test: event.test,
  });
  return [`${start.slice(0, -1)},"app_id":`, `,${middle.slice(1, -1)},"api_version":`, `,${end.slice(1, -1)},"data":`];
}

/** The source's name in the API. */
export function sourceName(source: EventSource): 'partner_app' | 'installed_merchants' {
  return source === EventSource.PARTNER_APP ? 'partner_app' : 'installed_merchants';
}
