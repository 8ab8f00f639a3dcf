import { create, type MessageInitShape } from '@bufbuild/protobuf';
import {
  EventTypeSchema,
  type ListEventTypesResponseSchema,
  type UpsertEventTypeRequest,
  type UpsertEventTypeResponseSchema,
} from '@hookwright/contracts';
import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { readEventType, toEventType } from './event-type.ts';
import { EventTypesService } from './event-types.service.ts';

@Controller()
export class EventTypesController {
  constructor(private readonly eventTypes: EventTypesService) {}

  @GrpcMethod('RegistryService', 'UpsertEventType')
  async upsert({ eventType }: UpsertEventTypeRequest): Promise<MessageInitShape<typeof UpsertEventTypeResponseSchema>> {
    const given = readEventType(eventType ?? create(EventTypeSchema));
    const created = await this.eventTypes.upsert(given);
    return { eventType: toEventType(given), created };
  }

  @GrpcMethod('RegistryService', 'ListEventTypes')
  async list(): Promise<MessageInitShape<typeof ListEventTypesResponseSchema>> {
    return { eventTypes: (await this.eventTypes.list()).map(toEventType) };
  }
}
