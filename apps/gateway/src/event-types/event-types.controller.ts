import { Body, Controller, Get, Post, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Operation } from '../access/operation.ts';
import type { Answer } from '../http/answer.ts';
import type { List } from '../validation/page.ts';
import { type EventTypeBody, type EventTypeInputBody, eventTypeInput, eventTypeList, eventTypeResponse } from './event-type.schema.ts';
import { EventTypesService } from './event-types.service.ts';

@ApiTags('Catalogue')
@Controller('v1/event-types')
export class EventTypesController {
  constructor(private readonly eventTypes: EventTypesService) {}

  @Get()
  @Operation({ access: 'partner', id: 'listEventTypes', summary: 'What an endpoint can be sent', answers: { 200: eventTypeList } })
  list(): Promise<List<EventTypeBody>> {
    return this.eventTypes.list();
  }
}

@ApiTags('Operator')
@Controller('v1/operator/event-types')
export class OperatorEventTypesController {
  constructor(private readonly eventTypes: EventTypesService) {}

  @Get()
  @Operation({ access: 'operator', id: 'operatorListEventTypes', summary: 'The catalogue', answers: { 200: eventTypeList } })
  list(): Promise<List<EventTypeBody>> {
    return this.eventTypes.list();
  }

  @Put()
  @Operation({
    access: 'operator',
    id: 'putEventType',
    summary: 'Add an event type, or replace the one of that name',
    answers: { 200: eventTypeResponse, 201: eventTypeResponse },
  })
  put(@Body({ schema: eventTypeInput }) body: EventTypeInputBody): Promise<Answer<EventTypeBody>> {
    return this.eventTypes.upsert(body);
  }

  @Post()
  @Operation({
    access: 'operator',
    id: 'postEventType',
    summary: 'The same as PUT, for clients that only post',
    answers: { 200: eventTypeResponse, 201: eventTypeResponse },
  })
  post(@Body({ schema: eventTypeInput }) body: EventTypeInputBody): Promise<Answer<EventTypeBody>> {
    return this.eventTypes.upsert(body);
  }
}
