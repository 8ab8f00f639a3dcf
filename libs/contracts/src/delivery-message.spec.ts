import { describe, expect, it } from '@jest/globals';
import { create } from '@bufbuild/protobuf';
import { EventSchema, EventSource, MatchedAppSchema, Mode } from './generated/events/v1/event_pb.ts';
import { decodeDeliveryHeaders, encodeDeliveryHeaders } from './delivery-message.ts';

const event = create(EventSchema, {
  eventId: 'evt_1',
  type: 'order.created',
  source: EventSource.INSTALLED_MERCHANTS,
  merchantId: 'mer_1',
  mode: Mode.LIVE,
  occurredAtMs: 1_700_000_000_000n,
  sequence: '000000000042',
  resource: { type: 'order', id: 'ord_é', version: '7' },
});
const apps = Array.from({ length: 64 }, (_, at) =>
  create(MatchedAppSchema, { appId: `app_${at}`, installationId: `ins_${at}`, generation: at, afterCreated: at % 2 === 1 }),
);

describe('headers of webhook.deliveries', () => {
  it('come back as they were', () => {
    expect(decodeDeliveryHeaders(encodeDeliveryHeaders(event, apps))).toEqual({ event, apps });
  });

  it('are undefined when one is missing, doubled or broken', () => {
    const headers = encodeDeliveryHeaders(event, apps);
    expect(decodeDeliveryHeaders(undefined)).toBeUndefined();
    expect(decodeDeliveryHeaders({})).toBeUndefined();
    expect(decodeDeliveryHeaders({ ...headers, 'hw-apps': undefined })).toBeUndefined();
    expect(decodeDeliveryHeaders({ ...headers, 'hw-event': [headers['hw-event'], headers['hw-event']] })).toBeUndefined();
    expect(decodeDeliveryHeaders({ ...headers, 'hw-event': Buffer.from([0xff, 0xff, 0xff]) })).toBeUndefined();
    expect(decodeDeliveryHeaders({ ...headers, 'hw-apps': Buffer.from('not protobuf') })).toBeUndefined();
  });
});
