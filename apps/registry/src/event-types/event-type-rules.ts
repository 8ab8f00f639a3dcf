import type { FieldError } from '@hookwright/runtime';
import { checkScope, checkText, invalid } from '../fields/field-rules.ts';
import type { EventType } from './event-type.ts';

const NAME = /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$/;
const MAX_NAME_LENGTH = 128;
const MAX_JSON_BYTES = 65_536;
const DESCRIPTION = { max: 2000, lines: true } as const;
// The registry's own lifecycle types (api.md): they come with its migrations, and nobody else publishes them.
const RESERVED = ['partner_app.', 'endpoint.'];

/** What is wrong with an event type that the operator gives. */
export function checkEventType(eventType: EventType): FieldError[] {
  const { type, source, requiredScope, description, schema, example, mandatory } = eventType;
  return [
    ...checkName(type),
    ...(source === 'installed_merchants' ? [] : [invalid('/source', 'must be installed_merchants: lifecycle types are built in')]),
    ...(requiredScope === '' ? [] : checkScope('/required_scope', requiredScope)),
    ...checkText('/description', description, DESCRIPTION),
    ...checkJson('/schema', schema, faultOfSchema),
    ...checkJson('/example', example, () => undefined),
    ...(mandatory ? [invalid('/mandatory', 'must be false: only a lifecycle type can be mandatory')] : []),
  ];
}

function checkName(type: string): FieldError[] {
  if (type.length > MAX_NAME_LENGTH || !NAME.test(type)) {
    return [invalid('/type', `must be like order.created: lower-case words with dots between them, at most ${MAX_NAME_LENGTH} characters`)];
  }
  return RESERVED.some((prefix) => type.startsWith(prefix)) ? [invalid('/type', 'is reserved for lifecycle events')] : [];
}

function checkJson(pointer: string, text: string, faultOf: (value: unknown) => string | undefined): FieldError[] {
  if (Buffer.byteLength(text) > MAX_JSON_BYTES) return [invalid(pointer, `must have at most ${MAX_JSON_BYTES} bytes`)];
  const fault = faultOfJson(text, faultOf);
  return fault === undefined ? [] : [invalid(pointer, fault)];
}

function faultOfJson(text: string, faultOf: (value: unknown) => string | undefined): string | undefined {
  try {
    return faultOf(JSON.parse(text));
  } catch {
    return 'must be JSON';
  }
}

/** A JSON Schema is an object, or one of the two booleans (JSON Schema 2020-12, 4.3). */
function faultOfSchema(value: unknown): string | undefined {
  const fits = typeof value === 'boolean' || (typeof value === 'object' && value !== null && !Array.isArray(value));
  return fits ? undefined : 'must be a JSON Schema: an object or a boolean';
}
