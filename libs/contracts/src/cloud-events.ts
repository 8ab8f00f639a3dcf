import { isUtf8 } from 'node:buffer';
import { depthOfJson, memberOfJson } from './json-text.ts';

/**
 * Why a message cannot be used (api.md, "What internal services publish"). `unknown_event_type` is ingest's to find: it has the catalogue.
 * `unreadable`: a whole batch that Kafka holds and that cannot be unpacked. `unstorable`: a delivery that delivery's database refuses.
 */
export type DeadReason =
  | 'missing_attribute'
  | 'unsupported_spec_version'
  | 'unsupported_content_type'
  | 'invalid_json'
  | 'too_deep'
  | 'too_large'
  | 'empty'
  | 'missing_key'
  | 'merchant_mismatch'
  | 'invalid_time'
  | 'unknown_event_type'
  | 'unreadable'
  | 'unstorable';

/** An event's attributes, checked. Times are milliseconds since the epoch. */
export interface CloudEvent {
  readonly source: string;
  readonly id: string;
  readonly type: string;
  readonly timeMs: number;
  /** Empty where an app's own event concerns no merchant. */
  readonly merchantId: string;
  readonly mode: 'live' | 'test';
  /** Text of the source's own counting, or of the Kafka offset; zero-padded to 12 digits. */
  readonly sequence: string;
  readonly resourceId: string;
  readonly resourceVersion: string;
  /** W3C trace context, or empty when the source sent none that can be used. */
  readonly traceparent: string;
  /** Further extension attributes, by their names without `ce_`; those that are too long or have control characters are left out. */
  readonly extensions: Readonly<Record<string, string>>;
}

/** The parts of a Kafka message that are read: kafkajs' own KafkaMessage fits. */
export interface RawMessage {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** A header may have no value: kafkajs then gives null, whatever its types say. */
  readonly headers?: Readonly<Record<string, Buffer | string | (Buffer | string)[] | null | undefined>> | undefined;
  readonly timestamp: string;
  readonly offset: string;
}

export type DecodedEvent =
  | { readonly ok: true; readonly event: CloudEvent; /** The event's own bytes: valid JSON. */ readonly data: Buffer }
  | { readonly ok: false; readonly reason: DeadReason; readonly detail: string };

/** The attribute that a topic's messages are keyed by: merchant topics by merchant, app.lifecycle by app. */
export type KeyAttribute = 'merchantid' | 'appid';

export const MAX_EVENT_BYTES = 1_048_576;
export const MAX_EVENT_DEPTH = 64;
const MAX_ATTRIBUTE_LENGTH = 256;
const SEQUENCE_DIGITS = 12;
const STRUCTURED = 'application/cloudevents+json';
const MERCHANT_ID = /^[A-Za-z0-9_.:-]{1,64}$/;
// RFC 3339; that the day exists is checked by parseTime.
const RFC3339 = /^\d{4}-\d{2}-(\d{2})[Tt ](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;
const LATEST_TIME_MS = Date.UTC(2200, 0);
// CloudEvents 1.0: lower-case letters and digits. Anything else (`__proto__`) is no attribute.
const ATTRIBUTE_NAME = /^[a-z0-9]+$/;
// Attributes end up in HTTP headers and JSON: no CR, LF or NUL may come along.
const CONTROL = /\p{Cc}/u;
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const KNOWN: ReadonlySet<string> = new Set([
  'id',
  'source',
  'type',
  'time',
  'specversion',
  'merchantid',
  'mode',
  'sequence',
  'resourceid',
  'resourceversion',
]);
const NOT_EXTENSIONS: ReadonlySet<string> = new Set([...KNOWN, 'traceparent', 'datacontenttype']);

// A map, because names come from outside.
type Attributes = Map<string, string>;
interface Read {
  readonly message: RawMessage;
  readonly attributes: Attributes;
  readonly keyedBy: KeyAttribute;
}
type Poison = Extract<DecodedEvent, { ok: false }>;

/**
 * Reads a CloudEvents 1.0 message in the Kafka protocol binding's binary or structured mode, and checks all that api.md asks of it.
 * Returns the event with its data's own bytes, or the reason why it is unusable: an attribute that is there but cannot be used counts
 * as missing. Never throws. The key must equal the attribute `keyedBy`.
 */
export function decodeCloudEvent(message: RawMessage, keyedBy: KeyAttribute): DecodedEvent {
  const { value } = message;
  if (value === null || value.length === 0) return poison('empty', 'the message has no value');
  if (message.key === null || message.key.length === 0) return poison('missing_key', `the key must be the event's ${keyedBy}`);
  const contentType = mediaType(header(message, 'content-type'));
  // A structured message may exceed the limit by its envelope; its data is held to the limit below.
  if (contentType === STRUCTURED)
    return value.length > 2 * MAX_EVENT_BYTES ? tooLarge(value.length) : decodeStructured(message, value, keyedBy);
  return decodeBinary(message, value, { contentType, keyedBy });
}

function decodeBinary(
  message: RawMessage,
  value: Buffer,
  { contentType, keyedBy }: { contentType: string; keyedBy: KeyAttribute },
): DecodedEvent {
  if (contentType !== '' && !isJsonType(contentType))
    return poison('unsupported_content_type', `content-type ${quoted(contentType)} is not JSON`);
  const attributes: Attributes = new Map();
  for (const name of Object.keys(message.headers ?? {})) {
    const attribute = name === 'traceparent' ? name : name.startsWith('ce_') ? name.slice(3) : '';
    const text = header(message, name);
    if (text !== undefined && ATTRIBUTE_NAME.test(attribute)) attributes.set(attribute, text);
  }
  return checkData(value) ?? checked({ message, attributes, keyedBy }, value);
}

function decodeStructured(message: RawMessage, value: Buffer, keyedBy: KeyAttribute): DecodedEvent {
  // One level is the envelope's own.
  if (depthOfJson(value) > MAX_EVENT_DEPTH + 1) return poison('too_deep', `the data has over ${MAX_EVENT_DEPTH} levels`);
  const envelope = isUtf8(value) ? parseJson(value) : undefined;
  if (typeof envelope !== 'object' || envelope === null || Array.isArray(envelope))
    return poison('invalid_json', 'the value is not a JSON object');
  const attributes: Attributes = new Map();
  for (const [name, attribute] of Object.entries(envelope)) {
    if (name === 'data' || attribute === null || !ATTRIBUTE_NAME.test(name)) continue;
    if (!isScalar(attribute)) return poison('missing_attribute', `attribute ${quoted(name)} must be a text, an integer or a boolean`);
    attributes.set(name, String(attribute));
  }
  const contentType = mediaType(attributes.get('datacontenttype'));
  if (contentType !== '' && !isJsonType(contentType))
    return poison('unsupported_content_type', `datacontenttype ${quoted(contentType)} is not JSON`);
  const data = structuredData(value, envelope as Record<string, unknown>);
  if (data === undefined) return poison('empty', 'the event has no data');
  return checkData(data) ?? checked({ message, attributes, keyedBy }, data);
}

/** What CloudEvents' JSON format has for attributes. A number that is no safe integer would not survive being read. */
function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'boolean' || Number.isSafeInteger(value);
}

/** Undefined: no data. Bytes that are no base64 come back as they are, which is no JSON either. */
function structuredData(value: Buffer, envelope: Record<string, unknown>): Buffer | undefined {
  if (Object.hasOwn(envelope, 'data')) return memberOfJson(value, 'data');
  const base64 = envelope['data_base64'];
  if (typeof base64 !== 'string' || base64 === '') return undefined;
  return BASE64.test(base64) ? Buffer.from(base64, 'base64') : Buffer.from([0]);
}

function checkData(data: Buffer): Poison | undefined {
  if (data.length > MAX_EVENT_BYTES) return tooLarge(data.length);
  if (!isUtf8(data)) return poison('invalid_json', 'the data is not valid UTF-8');
  if (depthOfJson(data) > MAX_EVENT_DEPTH) return poison('too_deep', `the data has over ${MAX_EVENT_DEPTH} levels`);
  if (parseJson(data) === undefined) return poison('invalid_json', 'the data is not valid JSON');
  return undefined;
}

function checked({ message, attributes, keyedBy }: Read, data: Buffer): DecodedEvent {
  const fault = checkAttributes(attributes, keyedBy);
  if (fault !== undefined) return fault;
  if (message.key?.toString() !== attributes.get(keyedBy)) return poison('merchant_mismatch', `the key is not the event's ${keyedBy}`);
  const time = attributes.get('time');
  const timeMs = time === undefined ? usableTime(Number(message.timestamp)) : parseTime(time);
  if (timeMs === undefined) return poison('invalid_time', `time ${quoted(time ?? message.timestamp)} is not a usable RFC 3339 time`);
  return { ok: true, data, event: toEvent(message, attributes, timeMs) };
}

function checkAttributes(attributes: Attributes, keyedBy: KeyAttribute): Poison | undefined {
  for (const name of ['id', 'source', 'type', 'specversion', keyedBy]) {
    if ((attributes.get(name) ?? '') === '') return poison('missing_attribute', `attribute ${name} is missing`);
  }
  for (const name of [...KNOWN, keyedBy]) {
    const fault = faultOfText(attributes.get(name) ?? '');
    if (fault !== undefined) return poison(name === 'time' ? 'invalid_time' : 'missing_attribute', `attribute ${name} ${fault}`);
  }
  const specversion = attributes.get('specversion') ?? '';
  const merchantId = attributes.get('merchantid') ?? '';
  const mode = attributes.get('mode') ?? 'live';
  if (specversion !== '1.0') return poison('unsupported_spec_version', `specversion ${quoted(specversion)} is not 1.0`);
  if (merchantId !== '' && !MERCHANT_ID.test(merchantId))
    return poison('missing_attribute', `merchantid ${quoted(merchantId)} is not 1 to 64 of A-Za-z0-9_.:-`);
  if (mode !== 'live' && mode !== 'test') return poison('missing_attribute', `mode ${quoted(mode)} is neither live nor test`);
  return undefined;
}

/** Why a text cannot be an attribute. A lone surrogate cannot be written as UTF-8, so it would not survive the way. */
function faultOfText(text: string): string | undefined {
  if (text === '') return undefined;
  if (text.length > MAX_ATTRIBUTE_LENGTH) return `has over ${MAX_ATTRIBUTE_LENGTH} characters`;
  return CONTROL.test(text) || !text.isWellFormed() ? 'has characters that cannot be passed on' : undefined;
}

function toEvent(message: RawMessage, attributes: Attributes, timeMs: number): CloudEvent {
  const text = (name: string): string => attributes.get(name) ?? '';
  const extensions = [...attributes].filter(([name, value]) => !NOT_EXTENSIONS.has(name) && faultOfText(value) === undefined);
  return {
    source: text('source'),
    id: text('id'),
    type: text('type'),
    timeMs,
    merchantId: text('merchantid'),
    mode: text('mode') === 'test' ? 'test' : 'live',
    sequence: (text('sequence') || message.offset).padStart(SEQUENCE_DIGITS, '0'),
    resourceId: text('resourceid'),
    resourceVersion: text('resourceversion'),
    traceparent: TRACEPARENT.test(text('traceparent')) ? text('traceparent') : '',
    extensions: Object.fromEntries(extensions),
  };
}

/** A message for app.lifecycle, in binary mode. `extensions` become `ce_` headers; those of empty text are left out. */
export function encodeCloudEvent(event: {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly timeMs: number;
  readonly extensions: Readonly<Record<string, string>>;
  readonly data: unknown;
}): { headers: Record<string, string>; value: Buffer } {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    ce_specversion: '1.0',
    ce_id: event.id,
    ce_source: event.source,
    ce_type: event.type,
    ce_time: new Date(event.timeMs).toISOString(),
  };
  for (const [name, text] of Object.entries(event.extensions)) if (text !== '') headers[`ce_${name}`] = text;
  return { headers, value: Buffer.from(JSON.stringify(event.data)) };
}

function header(message: RawMessage, name: string): string | undefined {
  const value = message.headers?.[name];
  const first = Array.isArray(value) ? value[0] : value;
  return first?.toString();
}

function mediaType(contentType: string | undefined): string {
  return (contentType ?? '').split(';', 1).join('').trim().toLowerCase();
}

// application/cloudevents+avro, application/cloudevents-batch+json: other event formats of CloudEvents, which we do not read.
function isJsonType(type: string): boolean {
  if (type.startsWith('application/cloudevents')) return false;
  return type === 'application/json' || type === 'text/json' || /^application\/[a-z0-9.-]+\+json$/.test(type);
}

/** Milliseconds since the epoch, or undefined when the text is no RFC 3339 time, or no time that an event can have. */
function parseTime(text: string): number | undefined {
  const day = RFC3339.exec(text)?.[1];
  if (day === undefined) return undefined;
  // Date.parse takes February 30 for March 2. Up to the 28th every month has the day.
  if (day > '28' && new Date(`${text.slice(0, 10)}T00:00:00Z`).getUTCDate() !== Number(day)) return undefined;
  return usableTime(Date.parse(text.replace(' ', 'T').toUpperCase()));
}

function usableTime(timeMs: number): number | undefined {
  return timeMs >= 0 && timeMs <= LATEST_TIME_MS ? timeMs : undefined;
}

/** The value, or undefined when the text is not JSON (JSON itself has no undefined). */
function parseJson(text: Buffer): unknown {
  try {
    return JSON.parse(text.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

function tooLarge(bytes: number): Poison {
  return poison('too_large', `${bytes} bytes are over the limit of ${MAX_EVENT_BYTES}`);
}

function poison(reason: DeadReason, detail: string): Poison {
  return { ok: false, reason, detail };
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
