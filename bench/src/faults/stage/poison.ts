import type { Message } from 'kafkajs';
import { toMessage } from '../../load/cloud-event.ts';
import { EVENT_TYPE } from '../../system/provisioning.ts';
import { TOPIC } from './load.ts';

/** A message that somebody's mistake could have put there. */
export interface PoisonKind {
  readonly name: string;
  readonly topic: string;
  /** Why the system says it is unusable; undefined: it is none of its business, or is delivered as it is. */
  readonly reason: string | undefined;
  readonly make: (id: string, merchant: string) => Message;
}

const DELIVERIES = 'webhook.deliveries';
const DEEP = 100_000;
const INVALID_UTF8 = Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0xfe, 0x22, 0x7d]);

function ordered(change: Partial<Message>): PoisonKind['make'] {
  return (id, merchant) => ({ ...toMessage({ id, type: EVENT_TYPE, merchant, bodyBytes: 200 }), ...change });
}

function withHeaders(change: Readonly<Record<string, string | undefined>>): PoisonKind['make'] {
  return (id, merchant) => {
    const message = ordered({})(id, merchant);
    const headers = Object.entries({ ...message.headers, ...change }).filter(([, value]) => value !== undefined);
    return { ...message, headers: Object.fromEntries<string | Buffer | (string | Buffer)[] | undefined>(headers) };
  };
}

/** Of row Q1. Reasons: api.md, "What internal services publish". */
export const POISON: readonly PoisonKind[] = [
  {
    name: 'bad protobuf',
    topic: DELIVERIES,
    reason: 'missing_attribute',
    make: (_id, key) => ({ key, value: '{}', headers: { 'hw-event': 'x', 'hw-apps': 'x' } }),
  },
  { name: 'bad JSON', topic: TOPIC, reason: 'invalid_json', make: ordered({ value: '{"id": ' }) },
  { name: 'invalid UTF-8', topic: TOPIC, reason: 'invalid_json', make: ordered({ value: INVALID_UTF8 }) },
  { name: '100 000-deep JSON', topic: TOPIC, reason: 'too_deep', make: ordered({ value: '['.repeat(DEEP) + ']'.repeat(DEEP) }) },
  { name: 'tombstone', topic: TOPIC, reason: 'empty', make: ordered({ value: null }) },
  { name: 'no key', topic: TOPIC, reason: 'missing_key', make: ordered({ key: null }) },
  { name: 'unknown type', topic: TOPIC, reason: 'unknown_event_type', make: withHeaders({ ce_type: 'order.nobody_knows' }) },
  { name: 'schema version 999', topic: TOPIC, reason: 'unsupported_spec_version', make: withHeaders({ ce_specversion: '999' }) },
  { name: 'missing field', topic: TOPIC, reason: 'missing_attribute', make: withHeaders({ ce_id: undefined }) },
  { name: 'year 9999', topic: TOPIC, reason: 'invalid_time', make: withHeaders({ ce_time: '9999-12-31T23:59:59Z' }) },
];

/** These look like poison and are none: they must not become dead letters. */
export const HARMLESS: readonly PoisonKind[] = [
  {
    name: '__proto__ keys',
    topic: TOPIC,
    reason: undefined,
    make: ordered({ value: '{"__proto__":{"admin":true},"constructor":{"prototype":1}}' }),
  },
  {
    name: 'unknown merchant',
    topic: TOPIC,
    reason: undefined,
    make: (id) => toMessage({ id, type: EVENT_TYPE, merchant: 'mer_nobody', bodyBytes: 200 }),
  },
];
