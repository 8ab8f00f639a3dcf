import { z } from 'zod';
import { type Attempt, type Delivery, DeliveryStatus, EventSource } from '@hookwright/contracts';
import { enumSchema, enumText, enumValue } from '../validation/enum-text.ts';
import { eventTypeName, id, isoTime, isoTimeOrNull, merchantId, textOrNull, time, utcTime } from '../validation/fields.ts';
import { listOf, pageQuery } from '../validation/page.ts';

const status = enumSchema(DeliveryStatus);
const trigger = z.enum(['event', 'redelivery', 'replay', 'test']);
const errorCategory = z.enum([
  'timeout',
  'dns',
  'tls',
  'connection',
  'blocked_target',
  'redirect',
  'request',
  'http_4xx',
  'http_5xx',
  'response_too_large',
]);
const timeFilter = time.transform((text) => BigInt(Date.parse(text)));

export const deliveryQuery = pageQuery.extend({
  status: status.transform((text) => enumValue(DeliveryStatus, text)).optional(),
  event_type: eventTypeName.optional(),
  merchant_id: merchantId.optional(),
  installation_id: id.optional(),
  status_code: z.coerce.number<string>().int().min(100).max(999).optional().describe('of the last attempt'),
  error_category: errorCategory.optional().describe('of the last attempt'),
  trigger: trigger.optional(),
  created_after: timeFilter.optional(),
  created_before: timeFilter.optional(),
});
export type DeliveryQuery = z.infer<typeof deliveryQuery>;

/** `response` adds what the endpoint answered; `request` is accepted and adds nothing yet. */
export const attemptQuery = z.strictObject({
  include: z
    .string()
    .regex(/^(request|response)(,(request|response))*$/, 'must be request, response or both with a comma between them')
    .optional(),
});
export type AttemptQuery = z.infer<typeof attemptQuery>;

export const deliveryResponse = z
  .object({
    id: z.string().meta({ examples: ['dlv_06f1kq3zv8r0c2t4y6b8d0e1g3'] }),
    app_id: z.string(),
    event_id: z.string().describe('`webhook-id` of every request'),
    event_type: eventTypeName,
    source: enumSchema(EventSource),
    merchant_id: z.string().nullable(),
    installation_id: z.string().nullable(),
    status,
    suppressed_reason: z.string().nullable(),
    canceled_reason: z.string().nullable(),
    attempt_count: z.int(),
    max_attempts: z.int(),
    next_attempt_at: utcTime.nullable(),
    first_attempt_at: utcTime.nullable(),
    delivered_at: utcTime.nullable(),
    last_status_code: z.int().nullable(),
    last_error_category: errorCategory.nullable(),
    trigger,
    created_at: utcTime,
  })
  .meta({ id: 'Delivery' });
export type DeliveryBody = z.infer<typeof deliveryResponse>;
export const deliveryList = listOf(deliveryResponse);

const attempt = z
  .object({
    id: z.string(),
    number: z.int().describe('from 1'),
    url: z.string(),
    started_at: utcTime,
    duration_ms: z.int(),
    status_code: z.int().nullable(),
    error_category: errorCategory.nullable(),
    error_detail: z.string().nullable().describe('why there was no usable answer, and what to do about it'),
    response_headers: z.record(z.string(), z.string()).nullable().describe('null unless asked for'),
    response_body: z.string().nullable().describe('the first 4 KiB; null unless asked for'),
    truncated: z.boolean().describe('the answer was longer than what was kept'),
    signed_with: z.array(z.string()).describe('ids of the signing secrets'),
    retry_after_seconds: z.int().nullable(),
  })
  .meta({ id: 'Attempt' });
export type AttemptBody = z.infer<typeof attempt>;
export const attemptList = listOf(attempt);

export function toDelivery(delivery: Delivery): DeliveryBody {
  return {
    id: delivery.id,
    app_id: delivery.appId,
    event_id: delivery.eventId,
    event_type: delivery.eventType,
    source: enumText(EventSource, delivery.source),
    merchant_id: textOrNull(delivery.merchantId),
    installation_id: textOrNull(delivery.installationId),
    status: enumText(DeliveryStatus, delivery.status),
    suppressed_reason: delivery.status === DeliveryStatus.SUPPRESSED ? textOrNull(delivery.reason) : null,
    canceled_reason: delivery.status === DeliveryStatus.CANCELED ? textOrNull(delivery.reason) : null,
    attempt_count: delivery.attemptCount,
    max_attempts: delivery.maxAttempts,
    next_attempt_at: isoTimeOrNull(delivery.nextAttemptAtMs),
    first_attempt_at: isoTimeOrNull(delivery.firstAttemptAtMs),
    delivered_at: isoTimeOrNull(delivery.deliveredAtMs),
    last_status_code: delivery.lastStatusCode ?? null,
    last_error_category: categoryOf(delivery.lastErrorCategory),
    trigger: trigger.parse(delivery.trigger),
    created_at: isoTime(delivery.createdAtMs),
  };
}

export function toAttempt(attempt: Attempt, withResponse: boolean): AttemptBody {
  return {
    id: attempt.id,
    number: attempt.number,
    url: attempt.url,
    started_at: isoTime(attempt.startedAtMs),
    duration_ms: attempt.durationMs,
    status_code: attempt.statusCode ?? null,
    error_category: categoryOf(attempt.errorCategory),
    error_detail: textOrNull(attempt.errorDetail),
    response_headers: withResponse ? attempt.responseHeaders : null,
    // Whatever an endpoint sends: what is not UTF-8 shows as replacement characters.
    response_body: withResponse ? Buffer.from(attempt.responseBody).toString('utf8') : null,
    truncated: attempt.truncated,
    signed_with: attempt.signedWith,
    retry_after_seconds: attempt.retryAfterSeconds ?? null,
  };
}

function categoryOf(text: string): DeliveryBody['last_error_category'] {
  return text === '' ? null : errorCategory.parse(text);
}
