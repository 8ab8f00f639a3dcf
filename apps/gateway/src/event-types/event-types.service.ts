import { Injectable } from '@nestjs/common';
import { Backends } from '../backends/backends.ts';
import { Answer } from '../http/answer.ts';
import { type List, toList } from '../validation/page.ts';
import { type EventTypeBody, type EventTypeInputBody, toEventType, toEventTypeMessage } from './event-type.schema.ts';

@Injectable()
export class EventTypesService {
  constructor(private readonly backends: Backends) {}

  /** The whole catalogue on one page: it has tens of types. */
  async list(): Promise<List<EventTypeBody>> {
    const { eventTypes } = await this.backends.registry.listEventTypes({});
    return toList(eventTypes.map(toEventType), '');
  }

  async upsert(body: EventTypeInputBody): Promise<Answer<EventTypeBody>> {
    const { eventType, created } = await this.backends.registry.upsertEventType({ eventType: toEventTypeMessage(body) });
    if (eventType === undefined) throw new Error('the registry answered without the event type');
    return new Answer(toEventType(eventType), { status: created ? 201 : 200 });
  }
}
