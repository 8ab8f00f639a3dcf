import { create } from '@bufbuild/protobuf';
import {
  type CloudEvent,
  type DeadReason,
  type Event,
  EventSchema,
  EventSource,
  type MatchedApp,
  MatchedAppSchema,
  Mode,
  eventIdOf,
} from '@hookwright/contracts';
import type { Endpoint, EndpointTable } from './tables/endpoint-table.ts';
import type { EventType, EventTypeTable } from './tables/event-type-table.ts';
import { type InstallationTable, NONE } from './tables/installation-table.ts';

/** What the send rule knows. */
export interface Known {
  readonly endpoints: EndpointTable;
  readonly installations: InstallationTable;
  readonly eventTypes: EventTypeTable;
}

export type FanOut =
  | { readonly kind: 'matched'; readonly event: Event; /** At least one. */ readonly apps: readonly MatchedApp[] }
  | { readonly kind: 'unmatched' }
  | { readonly kind: 'dead'; readonly reason: DeadReason; readonly detail: string };

/**
 * The send rule (design.md): which apps must get an event, with the attributes that go to them. `source` is where the event was read:
 * merchant topics or app.lifecycle. No clock and no I/O.
 */
export function fanOut(event: CloudEvent, source: EventSource, known: Known): FanOut {
  const type = known.eventTypes.of(event.type);
  // A merchant topic must not be able to make up lifecycle events.
  if (type?.source !== source)
    return { kind: 'dead', reason: 'unknown_event_type', detail: `the catalogue has no such type for this topic: ${event.type}` };
  const apps = source === EventSource.PARTNER_APP ? appOfLifecycle(event, type, known) : appsOfMerchant(event, type, known);
  return apps.length === 0 ? { kind: 'unmatched' } : { kind: 'matched', apps, event: toEvent(event, type) };
}

function appOfLifecycle(event: CloudEvent, type: EventType, { endpoints }: Known): MatchedApp[] {
  const { appid: appId = '', installationid: installationId = '', generation = '' } = event.extensions;
  const endpoint = endpoints.of(appId);
  if (endpoint === undefined || !wants(endpoint, event, type)) return [];
  return [create(MatchedAppSchema, { appId, installationId, generation: toGeneration(generation) })];
}

function appsOfMerchant(event: CloudEvent, type: EventType, { endpoints, installations }: Known): MatchedApp[] {
  const apps: MatchedApp[] = [];
  for (let at = installations.firstOf(event.merchantId); at !== NONE; at = installations.after(at)) {
    const endpoint = endpoints.at(installations.appOf(at));
    if (endpoint === undefined || !wants(endpoint, event, type)) continue;
    if (installations.covers(at, type.requiredScope)) apps.push(installations.matchedApp(at));
  }
  return apps;
}

function wants(endpoint: Endpoint, event: CloudEvent, type: EventType): boolean {
  if (endpoint.mode !== modeOf(event)) return false;
  if (type.mandatory) return true;
  const takesSource = type.source === EventSource.PARTNER_APP ? endpoint.takesAppEvents : endpoint.takesMerchantEvents;
  return takesSource && endpoint.enabledEvents.has(event.type);
}

function toEvent(event: CloudEvent, { source, mandatory }: EventType): Event {
  return create(EventSchema, {
    eventId: eventIdOf(event.source, event.id),
    type: event.type,
    source,
    mandatory,
    merchantId: event.merchantId,
    mode: modeOf(event),
    occurredAtMs: BigInt(event.timeMs),
    sequence: event.sequence,
    traceparent: event.traceparent,
    ...(event.resourceId === ''
      ? {}
      : { resource: { type: resourceType(event.type), id: event.resourceId, version: event.resourceVersion } }),
  });
}

function modeOf(event: CloudEvent): Mode {
  return event.mode === 'test' ? Mode.TEST : Mode.LIVE;
}

function resourceType(type: string): string {
  return type.split('.', 1).join('');
}

/** The registry writes it as text; anything else is a bug there and must not stop the partition. */
function toGeneration(text: string): number {
  const generation = Number(text);
  return Number.isInteger(generation) && generation >= 0 && generation <= 0xffffffff ? generation : 0;
}
