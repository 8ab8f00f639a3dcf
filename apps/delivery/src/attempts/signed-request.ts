import type { EndpointSnapshot } from '@hookwright/contracts';
import type { SendRequest } from '@hookwright/egress';
import { signatureHeader } from '@hookwright/signing';
import { timeoutMsOf } from '../endpoints/timeout.ts';
import { bodyOf } from '../expansion/body.ts';
import type { BodyStyle, Delivery } from '../expansion/delivery.ts';
import type { SigningKey } from '../secrets/secret-cache.ts';

// W3C Trace Context: anything else would only confuse the receiver's tracing.
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

export interface ToSign {
  readonly delivery: Delivery;
  readonly style: BodyStyle;
  readonly endpoint: EndpointSnapshot;
  /** All of the app's live secrets, at least one. */
  readonly keys: readonly SigningKey[];
  readonly attemptNumber: number;
  readonly nowMs: number;
}

/** One attempt as the endpoint receives it (api.md, "What an endpoint receives"), signed with every key. */
export function signedRequest({ delivery, style, endpoint, keys, attemptNumber, nowMs }: ToSign): SendRequest {
  const { event } = delivery.source;
  const body = bodyOf(delivery, style);
  const timestampSeconds = Math.floor(nowMs / 1000);
  return {
    url: endpoint.url,
    body,
    timeoutMs: timeoutMsOf(endpoint),
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Hookwright/1',
      'webhook-id': event.eventId,
      'webhook-timestamp': String(timestampSeconds),
      'webhook-signature': signatureHeader(keys, { id: event.eventId, timestampSeconds, body }),
      'webhook-event-type': event.type,
      'webhook-delivery-id': delivery.id,
      'webhook-attempt': String(attemptNumber),
      'webhook-app-id': delivery.appId,
      ...(event.merchantId === '' ? {} : { 'webhook-merchant-id': event.merchantId }),
      ...(TRACEPARENT.test(event.traceparent) ? { traceparent: event.traceparent } : {}),
    },
  };
}
