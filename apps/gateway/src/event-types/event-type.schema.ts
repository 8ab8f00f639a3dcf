import { z } from 'zod';
import { type EventType, EventSource, type EventTypeSchema } from '@hookwright/contracts';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { enumSchema, enumText, enumValue } from '../validation/enum-text.ts';
import { eventTypeName, scopeName, text, textOrNull } from '../validation/fields.ts';
import { listOf } from '../validation/page.ts';

const jsonSchema = z.union([z.record(z.string(), z.unknown()), z.boolean()]);

export const eventTypeInput = z
  .strictObject({
    type: eventTypeName,
    source: enumSchema(EventSource).default('installed_merchants'),
    required_scope: scopeName.nullable().default(null).describe('null: no scope is needed'),
    description: text(2000).default(''),
    schema: jsonSchema.default({}).describe('JSON Schema of the data'),
    example: z.unknown().default({}).describe('example of the data'),
    mandatory: z.boolean().default(false).describe('sent whatever an endpoint chose'),
  })
  .meta({
    id: 'EventTypeInput',
    examples: [{ type: 'order.created', required_scope: 'orders.read', description: 'An order was placed', example: { id: 'ord_1' } }],
  });
export type EventTypeInputBody = z.infer<typeof eventTypeInput>;

export const eventTypeResponse = z
  .object({
    type: eventTypeName,
    source: enumSchema(EventSource),
    required_scope: z.string().nullable(),
    description: z.string(),
    schema: jsonSchema,
    example: z.unknown(),
    mandatory: z.boolean(),
  })
  .meta({ id: 'EventType' });
export type EventTypeBody = z.infer<typeof eventTypeResponse>;
export const eventTypeList = listOf(eventTypeResponse);

export function toEventTypeMessage(body: EventTypeInputBody): MessageInitShape<typeof EventTypeSchema> {
  return {
    type: body.type,
    source: enumValue(EventSource, body.source),
    requiredScope: body.required_scope ?? '',
    description: body.description,
    schemaJson: JSON.stringify(body.schema),
    exampleJson: JSON.stringify(body.example),
    mandatory: body.mandatory,
  };
}

export function toEventType(eventType: EventType): EventTypeBody {
  return {
    type: eventType.type,
    source: enumText(EventSource, eventType.source),
    required_scope: textOrNull(eventType.requiredScope),
    description: eventType.description,
    schema: jsonSchema.parse(parsed(eventType.schemaJson)),
    example: parsed(eventType.exampleJson),
    mandatory: eventType.mandatory,
  };
}

/** The empty text stands for "none given". */
function parsed(json: string): unknown {
  return json === '' ? {} : JSON.parse(json);
}
