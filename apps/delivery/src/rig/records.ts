import { create, toBinary } from '@bufbuild/protobuf';
import { EventSchema, EventSource, Mode, deliveryIdOf, newId } from '@hookwright/contracts';
import type { Delivery } from '../expansion/delivery.ts';
import type { AttemptRecord, DeliveryRecord } from '../log/delivery-record.ts';

export interface TestRecord {
  readonly appId: string;
  readonly createdAtMs: number;
  readonly eventId?: string;
  readonly type?: string;
  readonly merchantId?: string;
  readonly source?: EventSource;
  readonly delivery?: Partial<Delivery>;
  readonly record?: Partial<Omit<DeliveryRecord, 'delivery' | 'attempt'>>;
  readonly attempt?: Partial<AttemptRecord>;
}

/** A record as the workers make it: a pending delivery, or a delivered one when it has an attempt. */
export function testRecord(options: TestRecord): DeliveryRecord {
  const { appId, createdAtMs, attempt, eventId = newId('evt') } = options;
  const event = create(EventSchema, {
    eventId,
    type: options.type ?? 'order.created',
    source: options.source ?? EventSource.INSTALLED_MERCHANTS,
    merchantId: options.merchantId ?? 'mer_1',
    mode: Mode.LIVE,
    occurredAtMs: BigInt(createdAtMs),
  });
  const delivery: Delivery = {
    id: deliveryIdOf(eventId, appId),
    appId,
    installationId: 'ins_1',
    generation: 1,
    afterCreated: false,
    source: { event, eventBytes: Buffer.from(toBinary(EventSchema, event)), data: Buffer.from('{"n":1}'), isStored: false },
    createdAtMs,
    waitedMs: 0,
    trigger: 'event',
    attemptCount: 0,
    style: { payloadStyle: 'full', apiVersion: '2026-11-01' },
    origin: 'live',
    ...options.delivery,
  };
  const isDelivered = attempt !== undefined;
  return {
    delivery,
    status: isDelivered ? 'delivered' : 'pending',
    reason: '',
    dueInMs: isDelivered ? null : 0,
    attempt: attempt === undefined ? undefined : testAttempt(createdAtMs, attempt),
    ...options.record,
  };
}

function testAttempt(createdAtMs: number, change: Partial<AttemptRecord>): AttemptRecord {
  return {
    id: newId('att'),
    number: 1,
    url: 'https://shipit.example/hooks',
    startedAtMs: createdAtMs + 5,
    durationMs: 12,
    statusCode: 200,
    errorCategory: '',
    responseHeaders: { 'content-type': 'text/plain' },
    responseBody: Buffer.from('ok'),
    truncated: false,
    signedWith: ['sec_1', 'sec_2'],
    retryAfterMs: undefined,
    ...change,
  };
}
