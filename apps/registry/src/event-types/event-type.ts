import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { type EventType as EventTypeMessage, type EventTypeSchema, EventTypeSnapshotSchema, TOPICS } from '@hookwright/contracts';
import type { OutboxMessage } from '@hookwright/outbox';
import type { EventSource } from '../generated/prisma/enums.ts';
import { EVENT_SOURCES } from '../messages/enums.ts';

/** A kind of event that apps can choose. */
export interface EventType {
  readonly type: string;
  readonly source: EventSource;
  /** Empty: no scope is needed. */
  readonly requiredScope: string;
  readonly description: string;
  /** JSON text. */
  readonly schema: string;
  readonly example: string;
  /** Sent whatever an endpoint chose. */
  readonly mandatory: boolean;
}

/** Throws a problem that points at /source when it is none. */
export function readEventType({
  type,
  source,
  requiredScope,
  description,
  schemaJson,
  exampleJson,
  mandatory,
}: EventTypeMessage): EventType {
  return {
    type,
    source: EVENT_SOURCES.read(source, '/source'),
    requiredScope,
    description,
    schema: schemaJson,
    example: exampleJson,
    mandatory,
  };
}

export function toEventType({ source, schema, example, ...rest }: EventType): MessageInitShape<typeof EventTypeSchema> {
  return { ...rest, source: EVENT_SOURCES.valueOf(source), schemaJson: schema, exampleJson: example };
}

/** What ingest knows of an event type. */
export function eventTypeSnapshot({ type, source, requiredScope, mandatory }: EventType): OutboxMessage {
  const snapshot = create(EventTypeSnapshotSchema, { type, source: EVENT_SOURCES.valueOf(source), requiredScope, mandatory });
  return { topic: TOPICS.eventTypes, key: type, value: toBinary(EventTypeSnapshotSchema, snapshot) };
}
