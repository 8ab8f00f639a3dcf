import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { type Event, EventSchema, type MatchedApp, MatchedAppsSchema } from './generated/events/v1/event_pb.ts';

/** At most so many apps in one message of webhook.deliveries; a larger fan-out takes several, which spread over the partitions. */
export const MAX_APPS_PER_MESSAGE = 64;

const EVENT_HEADER = 'hw-event';
const APPS_HEADER = 'hw-apps';

/** Headers of a message on webhook.deliveries; its value is the event's own bytes. */
export function encodeDeliveryHeaders(event: Event, apps: MatchedApp[]): Record<string, Buffer> {
  return {
    [EVENT_HEADER]: asBuffer(toBinary(EventSchema, event)),
    [APPS_HEADER]: asBuffer(toBinary(MatchedAppsSchema, create(MatchedAppsSchema, { apps }))),
  };
}

/** Without copying them. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
}

/** What encodeDeliveryHeaders wrote, or undefined when the headers are missing or broken. */
export function decodeDeliveryHeaders(
  headers: Readonly<Record<string, unknown>> | undefined,
): { event: Event; apps: MatchedApp[] } | undefined {
  const event = headers?.[EVENT_HEADER];
  const apps = headers?.[APPS_HEADER];
  if (!Buffer.isBuffer(event) || !Buffer.isBuffer(apps)) return undefined;
  try {
    return { event: fromBinary(EventSchema, event), apps: fromBinary(MatchedAppsSchema, apps).apps };
  } catch {
    return undefined;
  }
}
