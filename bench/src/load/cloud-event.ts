import type { Message } from 'kafkajs';

/** Of every event here: with the id it makes the webhook-id (contracts, eventIdOf). */
export const EVENT_SOURCE = '/bench/orders';

export interface BenchEvent {
  readonly id: string;
  readonly type: string;
  readonly merchant: string;
  readonly bodyBytes: number;
}

/** A CloudEvent in binary mode as any service of a platform publishes it. Nothing of ours is used. */
export function toMessage({ id, type, merchant, bodyBytes }: BenchEvent): Message {
  return {
    key: merchant,
    value: orderOf(id, bodyBytes),
    headers: {
      'content-type': 'application/json',
      ce_specversion: '1.0',
      ce_id: id,
      ce_source: EVENT_SOURCE,
      ce_type: type,
      ce_time: new Date().toISOString(),
      ce_merchantid: merchant,
      ce_resourceid: `ord_${id}`,
      ce_resourceversion: '1',
    },
  };
}

/** An order of exactly `bytes` bytes (at least 150), filled up with a note. */
export function orderOf(id: string, bytes: number): string {
  const order = { id: `ord_${id}`, status: 'open', total: 4200, currency: 'EUR', customer_id: 'cus_1', note: '' };
  const bare = JSON.stringify(order).length;
  return JSON.stringify({ ...order, note: 'x'.repeat(Math.max(0, bytes - bare)) });
}
