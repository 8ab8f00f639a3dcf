import { describe, expect, it } from '@jest/globals';
import { orderOf, toMessage } from './cloud-event.ts';

describe('an order', () => {
  it.each([150, 1024, 200_000])('has exactly %p bytes of JSON', (bytes) => {
    const order = orderOf('1-1', bytes);
    expect(Buffer.byteLength(order)).toBe(bytes);
    expect(JSON.parse(order)).toMatchObject({ id: 'ord_1-1', total: 4200 });
  });
});

describe('an event', () => {
  it('is a CloudEvent in binary mode, keyed by its merchant', () => {
    expect(toMessage({ id: '7', type: 'order.created', merchant: 'mer_1', bodyBytes: 200 })).toMatchObject({
      key: 'mer_1',
      headers: { ce_specversion: '1.0', ce_id: '7', ce_type: 'order.created', ce_merchantid: 'mer_1', 'content-type': 'application/json' },
    });
  });
});
