import {
  type EndpointSnapshot,
  type Event,
  type MatchedApp,
  PayloadStyle,
  decodeDeliveryHeaders,
  deliveryIdOf,
} from '@hookwright/contracts';
import type { BodyStyle, Delivery } from './delivery.ts';

/** The parts of a message of webhook.deliveries that are read. */
export interface DeliveryMessage {
  readonly value: Buffer | null;
  readonly headers?: Readonly<Record<string, unknown>> | undefined;
  /** Milliseconds since the epoch, as text. */
  readonly timestamp: string;
}

export type Expansion =
  | { readonly ok: true; /** One for each app, at least one. */ readonly deliveries: readonly Delivery[] }
  | { readonly ok: false; readonly detail: string };

/** One message as its deliveries, or why it cannot be read. `endpointOf` is asked for the style of each app's body. */
export function expand(message: DeliveryMessage, endpointOf: (appId: string) => EndpointSnapshot | undefined): Expansion {
  if (message.value === null) return { ok: false, detail: 'the message has no value' };
  const decoded = decodeDeliveryHeaders(message.headers);
  const eventBytes = message.headers?.['hw-event'];
  if (decoded === undefined || !Buffer.isBuffer(eventBytes))
    return { ok: false, detail: 'the headers hw-event and hw-apps cannot be read' };
  const { event, apps } = decoded;
  if (event.eventId === '' || apps.length === 0) return { ok: false, detail: 'the message names no event or no app' };
  if (hasNul(event, apps)) return { ok: false, detail: 'the attributes have NUL characters' };
  const source = { event, eventBytes, data: message.value, isStored: false, head: undefined };
  const createdAtMs = Number(message.timestamp);
  return { ok: true, deliveries: apps.map((app) => deliveryTo(app, { source, createdAtMs, endpoint: endpointOf(app.appId) })) };
}

function deliveryTo(
  { appId, installationId, generation, afterCreated }: MatchedApp,
  { source, createdAtMs, endpoint }: Pick<Delivery, 'source' | 'createdAtMs'> & { endpoint: EndpointSnapshot | undefined },
): Delivery {
  return {
    id: deliveryIdOf(source.event.eventId, appId),
    appId,
    installationId,
    generation,
    afterCreated,
    source,
    createdAtMs,
    waitedMs: 0,
    trigger: source.event.test ? 'test' : 'event',
    attemptCount: 0,
    style: endpoint === undefined ? undefined : styleOf(endpoint),
    origin: 'live',
  };
}

// PostgreSQL's text takes no NUL: one such event would make every batch it is in unstorable.
function hasNul({ eventId, type, merchantId }: Event, apps: readonly MatchedApp[]): boolean {
  return [eventId, type, merchantId, ...apps.flatMap(({ appId, installationId }) => [appId, installationId])].some((text) =>
    text.includes('\0'),
  );
}

/** What of an endpoint decides the bytes of a body. */
export function styleOf({ payloadStyle, apiVersion }: EndpointSnapshot): BodyStyle {
  return { payloadStyle: payloadStyle === PayloadStyle.THIN ? 'thin' : 'full', apiVersion };
}
