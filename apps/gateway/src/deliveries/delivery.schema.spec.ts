import { create } from '@bufbuild/protobuf';
import { AttemptSchema, DeliverySchema, DeliveryStatus, EventSource } from '@hookwright/contracts';
import { describe, expect, it } from '@jest/globals';
import { attemptList, deliveryQuery, deliveryResponse, toAttempt, toDelivery } from './delivery.schema.ts';

const delivery = {
  id: 'dlv_1',
  appId: 'app_1',
  eventId: 'evt_1',
  eventType: 'order.created',
  source: EventSource.INSTALLED_MERCHANTS,
  merchantId: 'mer_1',
  installationId: 'ins_1',
  status: DeliveryStatus.RETRY_SCHEDULED,
  attemptCount: 1,
  maxAttempts: 9,
  nextAttemptAtMs: 1_795_600_030_000n,
  firstAttemptAtMs: 1_795_600_000_000n,
  lastStatusCode: 500,
  lastErrorCategory: 'http_5xx',
  trigger: 'event',
  createdAtMs: 1_795_600_000_000n,
};

describe('a delivery', () => {
  it('is answered as api.md has it, with null for what is not there', () => {
    const body = toDelivery(create(DeliverySchema, delivery));
    expect(deliveryResponse.parse(body)).toEqual(body);
    expect(body).toEqual({
      id: 'dlv_1',
      app_id: 'app_1',
      event_id: 'evt_1',
      event_type: 'order.created',
      source: 'installed_merchants',
      merchant_id: 'mer_1',
      installation_id: 'ins_1',
      status: 'retry_scheduled',
      suppressed_reason: null,
      canceled_reason: null,
      attempt_count: 1,
      max_attempts: 9,
      next_attempt_at: '2026-11-25T09:47:10.000Z',
      first_attempt_at: '2026-11-25T09:46:40.000Z',
      delivered_at: null,
      last_status_code: 500,
      last_error_category: 'http_5xx',
      trigger: 'event',
      created_at: '2026-11-25T09:46:40.000Z',
    });
  });

  it('says why it is suppressed or canceled', () => {
    const reason = 'endpoint_disabled';
    expect(toDelivery(create(DeliverySchema, { ...delivery, status: DeliveryStatus.SUPPRESSED, reason }))).toMatchObject({
      suppressed_reason: reason,
      canceled_reason: null,
    });
    expect(toDelivery(create(DeliverySchema, { ...delivery, status: DeliveryStatus.CANCELED, reason }))).toMatchObject({
      suppressed_reason: null,
      canceled_reason: reason,
    });
  });
});

describe('an attempt', () => {
  const attempt = create(AttemptSchema, {
    id: 'att_1',
    number: 1,
    url: 'https://a.example',
    responseBody: Buffer.from([0xc3, 0xa9, 0xff]),
  });

  it('shows what the endpoint answered on demand only', () => {
    const whole = toAttempt(attempt, true);
    expect(whole).toMatchObject({ response_body: 'é\ufffd', response_headers: {}, status_code: null, error_category: null });
    expect(toAttempt(attempt, false)).toMatchObject({ response_body: null, response_headers: null });
    expect(attemptList.parse({ data: [whole], next_cursor: null }).data).toEqual([whole]);
  });
});

describe("the log's filters", () => {
  it('take times with any offset', () => {
    expect(deliveryQuery.parse({ created_after: '2026-11-25T11:00:00+01:00' }).created_after).toBe(1_795_600_800_000n);
  });

  it.each([{ limit: '0' }, { limit: '101' }, { status: 'gone' }, { status_code: '99' }, { created_before: '2026' }, { other: 'x' }])(
    'refuse %j',
    (query) => {
      expect(deliveryQuery.safeParse(query).success).toBe(false);
    },
  );
});
