import type { Event } from '@hookwright/contracts';

/** An event as a message of webhook.deliveries brought it, held once for all of its deliveries. */
export interface ExpandedEvent {
  readonly event: Event;
  /** `events.v1.Event` as it was read. */
  readonly eventBytes: Buffer;
  /** The event's own JSON, untouched. */
  readonly data: Buffer;
  /** Whether the database has it. Set when the first of its deliveries is recorded. */
  isStored: boolean;
  /** What the bodies of its deliveries have in common; made with the first of them. */
  head?: EventHead | undefined;
}

/** The text before, between and after what differs from app to app: app, installation and generation; API version. */
export type EventHead = readonly [start: string, middle: string, end: string];

export type PayloadStyleName = 'full' | 'thin';

/** What of the endpoint decides the body's bytes. Held with the delivery, so that every attempt sends the same ones. */
export interface BodyStyle {
  readonly payloadStyle: PayloadStyleName;
  readonly apiVersion: string;
}

export type Trigger = 'event' | 'redelivery' | 'replay' | 'test';

/** One event for one app. */
export interface Delivery {
  readonly id: string;
  readonly appId: string;
  readonly installationId: string;
  readonly generation: number;
  /** It is a merchant's event, and the app may not have been told of the installation yet, which comes first (src/ordering). */
  readonly afterCreated: boolean;
  readonly source: ExpandedEvent;
  /** Time of the Kafka message: the same however often it is read. Part of the row's key. */
  readonly createdAtMs: number;
  /** How long it has waited, by the database's clock: a worker's may be wrong. 0 for a live one. */
  readonly waitedMs: number;
  readonly trigger: Trigger;
  /** Attempts that are recorded. */
  readonly attemptCount: number;
  /** Undefined while the endpoint was not known. */
  readonly style: BodyStyle | undefined;
  /** Where it comes from: a message (`live`, no row yet) or Postgres (`parked`, a row under a lease of ours). */
  readonly origin: 'live' | 'parked';
}
