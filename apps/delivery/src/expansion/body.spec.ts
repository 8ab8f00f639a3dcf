import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import { EventSchema, EventSource, Mode } from '@hookwright/contracts';
import { MAX_FULL_DATA_BYTES, bodyOf } from './body.ts';
import type { BodyStyle } from './delivery.ts';

const FULL: BodyStyle = { payloadStyle: 'full', apiVersion: '2026-11-01' };
const THIN: BodyStyle = { ...FULL, payloadStyle: 'thin' };

const event = create(EventSchema, {
  eventId: 'evt_1',
  type: 'order.created',
  source: EventSource.INSTALLED_MERCHANTS,
  merchantId: 'mer_1',
  mode: Mode.LIVE,
  occurredAtMs: BigInt(Date.UTC(2026, 10, 25, 1, 2, 3, 4)),
  sequence: '000000000042',
  resource: { type: 'order', id: 'ord_1', version: '7' },
});

function deliveryOf(data: string, change: Partial<typeof event> = {}): Parameters<typeof bodyOf>[0] {
  const source = { event: { ...event, ...change }, eventBytes: Buffer.alloc(0), data: Buffer.from(data), isStored: false };
  return { appId: 'app_1', installationId: 'ins_1', generation: 3, source };
}

describe('bodyOf', () => {
  it('writes the attributes of api.md in their order, and the data byte for byte', () => {
    const data = '{ "b":1, "a":  1.0, "text":"\\u00e9é", "a":2 }';
    expect(bodyOf(deliveryOf(data), FULL).toString()).toBe(
      '{"id":"evt_1","type":"order.created","timestamp":"2026-11-25T01:02:03.004Z","source":"installed_merchants","app_id":"app_1",' +
        '"installation_id":"ins_1","installation_generation":3,"merchant_id":"mer_1","mode":"live","api_version":"2026-11-01",' +
        '"sequence":"000000000042","resource":{"type":"order","id":"ord_1","version":"7"},"test":false,"data":' +
        `${data}}`,
    );
  });

  it.each([
    ['thin', '{"a":1}', THIN, { data: null }],
    ['exactly as long as allowed', `"${'x'.repeat(MAX_FULL_DATA_BYTES - 2)}"`, FULL, { data: 'x'.repeat(MAX_FULL_DATA_BYTES - 2) }],
    ['a byte too long', `"${'x'.repeat(MAX_FULL_DATA_BYTES - 1)}"`, FULL, { data: null, truncated: true }],
    ['too long, but thin anyway', `"${'x'.repeat(MAX_FULL_DATA_BYTES)}"`, THIN, { data: null }],
    ['not an object', '[1,"2",null]', FULL, { data: [1, '2', null] }],
  ])('gives the data as the style and the length say: %s', (_name, data, style, expected) => {
    const body = JSON.parse(bodyOf(deliveryOf(data), style).toString()) as Record<string, unknown>;
    expect({ data: body['data'], ...('truncated' in body ? { truncated: body['truncated'] } : {}) }).toEqual(expected);
  });

  it('names the source of a lifecycle event, its mode, and what it does not have as null', () => {
    const lifecycle = deliveryOf('{}', {
      source: EventSource.PARTNER_APP,
      mode: Mode.TEST,
      merchantId: '',
      resource: undefined!,
      test: true,
    });
    const body = JSON.parse(bodyOf({ ...lifecycle, installationId: '' }, FULL).toString()) as Record<string, unknown>;
    expect(body).toMatchObject({
      source: 'partner_app',
      mode: 'test',
      test: true,
      merchant_id: null,
      resource: null,
      installation_id: null,
      installation_generation: null,
    });
  });

  it('escapes attributes, whatever they are', () => {
    const body = JSON.parse(bodyOf(deliveryOf('1', { type: 'a"b\\c\u2028', merchantId: '}' }), FULL).toString()) as Record<string, unknown>;
    expect(body).toMatchObject({ type: 'a"b\\c\u2028', merchant_id: '}', data: 1 });
  });
});
