import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  decodeCloudEvent,
  encodeCloudEvent,
  MAX_EVENT_BYTES,
  type DecodedEvent,
  type KeyAttribute,
  type RawMessage,
} from './cloud-events.ts';

const HEADERS = {
  'content-type': 'application/json',
  ce_specversion: '1.0',
  ce_id: 'o-1',
  ce_source: '/shop/orders',
  ce_type: 'order.created',
  ce_time: '2026-11-25T01:02:03.456Z',
  ce_merchantid: 'mer_1',
};
const ENVELOPE = {
  specversion: '1.0',
  id: 'o-1',
  source: '/shop/orders',
  type: 'order.created',
  time: '2026-11-25T01:02:03.456Z',
  merchantid: 'mer_1',
};

interface Change {
  readonly key?: string | Buffer | null;
  readonly value?: string | Buffer | null;
  readonly headers?: NonNullable<RawMessage['headers']>;
  readonly timestamp?: string;
}

function binary({ key = 'mer_1', value = '{"id":1}', headers = {}, timestamp = '1700000000000' }: Change = {}): RawMessage {
  const bytes = (text: string | Buffer | null): Buffer | null => (text === null ? null : Buffer.from(text));
  return { key: bytes(key), value: bytes(value), headers: { ...HEADERS, ...headers }, timestamp, offset: '42' };
}

function structured(envelope: string | object, contentType = 'application/cloudevents+json; charset=UTF-8'): RawMessage {
  const value = Buffer.from(typeof envelope === 'string' ? envelope : JSON.stringify(envelope));
  return { ...binary(), value, headers: { 'content-type': Buffer.from(contentType) } };
}

const read = (message: RawMessage, keyedBy: KeyAttribute = 'merchantid'): DecodedEvent => decodeCloudEvent(message, keyedBy);

function good(message: RawMessage): Extract<DecodedEvent, { ok: true }> {
  const decoded = read(message);
  if (!decoded.ok) throw new Error(`${decoded.reason}: ${decoded.detail}`);
  return decoded;
}

const reasonOf = (message: RawMessage): string => {
  const decoded = read(message);
  return decoded.ok ? 'ok' : decoded.reason;
};

const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

describe('a good event', () => {
  it('in binary mode has the attributes of its headers', () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const headers = {
      ce_mode: Buffer.from('test'),
      ce_sequence: '7',
      ce_resourceid: 'ord_1',
      ce_resourceversion: '3',
      ce_region: 'eu',
      traceparent,
    };
    expect(good(binary({ headers })).event).toEqual({
      source: '/shop/orders',
      id: 'o-1',
      type: 'order.created',
      timeMs: Date.UTC(2026, 10, 25, 1, 2, 3, 456),
      merchantId: 'mer_1',
      mode: 'test',
      sequence: '000000000007',
      resourceId: 'ord_1',
      resourceVersion: '3',
      traceparent,
      extensions: { region: 'eu' },
    });
  });

  it('in structured mode has the attributes of its envelope, whatever the headers say', () => {
    const message = structured({ ...ENVELOPE, mode: 'test', sequence: 7, urgent: true, resourceid: null, data: { id: 1 } });
    const { event } = good({ ...message, headers: { ...message.headers, ce_id: 'other' } });
    expect(event).toMatchObject({ id: 'o-1', mode: 'test', sequence: '000000000007', resourceId: '', extensions: { urgent: 'true' } });
  });

  it('without a content type is JSON; other JSON types are too', () => {
    for (const type of [
      undefined,
      null,
      '',
      'application/json; charset=utf-8',
      'APPLICATION/JSON',
      'text/json',
      'application/vnd.shop.order+json',
    ])
      expect(reasonOf(binary({ headers: { 'content-type': type } }))).toBe('ok');
  });

  it('is live, of its message’s time and counted by its offset unless it says otherwise', () => {
    const { event } = good(binary({ headers: { ce_time: undefined } }));
    expect(event).toMatchObject({ mode: 'live', timeMs: 1_700_000_000_000, sequence: '000000000042', traceparent: '' });
  });

  it('keeps a source’s own long sequence', () => {
    expect(good(binary({ headers: { ce_sequence: '00000000000000000042' } })).event.sequence).toBe('00000000000000000042');
  });

  it('takes the first of doubled headers', () => {
    expect(good(binary({ headers: { ce_id: [Buffer.from('first'), Buffer.from('second')] } })).event.id).toBe('first');
  });

  it('goes on without extensions that cannot be passed on', () => {
    const headers = { traceparent: '00-x\r\nset-cookie: a', ce_long: 'x'.repeat(257), ce_line: 'a\nb', ce___proto__: 'x', ce_ok: '1' };
    expect(good(binary({ headers })).event).toMatchObject({ traceparent: '', extensions: { ok: '1' } });
    expect(Object.keys(good(binary({ headers })).event.extensions)).toEqual(['ok']);
  });

  it.each([
    ['2026-11-25T01:02:03Z', Date.UTC(2026, 10, 25, 1, 2, 3)],
    ['2026-11-25t01:02:03.123456789z', Date.UTC(2026, 10, 25, 1, 2, 3, 123)],
    ['2026-11-25 01:02:03+02:30', Date.UTC(2026, 10, 24, 22, 32, 3)],
    ['2024-02-29T00:00:00-00:00', Date.UTC(2024, 1, 29)],
  ])('may have the time %s', (time, timeMs) => {
    expect(good(binary({ headers: { ce_time: time } })).event.timeMs).toBe(timeMs);
  });
});

describe('the data of an event', () => {
  const odd = '{ "b" : 1.50e+1,\r\n\t"a":"\\u00e9\\/","a":"é", "__proto__":{"x":1}, "constructor":null }';

  it('is the value byte for byte in binary mode', () => {
    const value = Buffer.from(` ${odd}\n`);
    expect(good(binary({ value })).data.equals(value)).toBe(true);
  });

  it('is the member’s bytes in structured mode: white space, doubled keys, escapes and all', () => {
    const text = `{"specversion":"1.0","id":"\\u006f-1","source":"/s","type":"t","merchantid":"mer_1",\n "data" : ${odd} , "x":1}`;
    const decoded = good(structured(text));
    expect(decoded.data.toString()).toBe(odd);
    expect(decoded.event.id).toBe('o-1');
  });

  it('may be any JSON value, also null', () => {
    for (const data of ['null', '0', '""', '[]', '{}', 'false']) {
      expect(good(structured(`{${JSON.stringify(ENVELOPE).slice(1, -1)},"data":${data}}`)).data.toString()).toBe(data);
      expect(good(binary({ value: data })).data.toString()).toBe(data);
    }
  });

  it('may come as base64', () => {
    expect(good(structured({ ...ENVELOPE, data_base64: Buffer.from('{"a": 1}').toString('base64') })).data.toString()).toBe('{"a": 1}');
  });

  it('may have 64 levels and 1 MiB', () => {
    expect(reasonOf(binary({ value: nested(64) }))).toBe('ok');
    expect(reasonOf(structured(`{${JSON.stringify(ENVELOPE).slice(1, -1)},"data":${nested(64)}}`))).toBe('ok');
    expect(reasonOf(binary({ value: JSON.stringify('x'.repeat(MAX_EVENT_BYTES - 2)) }))).toBe('ok');
    expect(reasonOf(structured({ ...ENVELOPE, data: 'x'.repeat(MAX_EVENT_BYTES - 2) }))).toBe('ok');
  });

  it('parses to the value that was published, for any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 1, '\t'), (data, indent) => {
        const text = JSON.stringify({ ...ENVELOPE, data, tail: 'x' }, undefined, indent);
        expect(JSON.parse(good(structured(text)).data.toString())).toEqual(JSON.parse(JSON.stringify(data)));
      }),
    );
  });
});

describe('an unusable event', () => {
  it.each<[string, string, RawMessage]>([
    ['a tombstone', 'empty', binary({ value: null })],
    ['an empty value', 'empty', binary({ value: '' })],
    ['a structured event without data', 'empty', structured(ENVELOPE)],
    ['no key', 'missing_key', binary({ key: null })],
    ['an empty key', 'missing_key', binary({ key: '' })],
    ['another merchant’s key', 'merchant_mismatch', binary({ key: 'mer_2' })],
    ['a key of invalid UTF-8', 'merchant_mismatch', binary({ key: Buffer.from([0xff, 0xfe]) })],
    ...['id', 'source', 'type', 'specversion', 'merchantid'].map((name): [string, string, RawMessage] => [
      `no ce_${name}`,
      'missing_attribute',
      binary({ headers: { [`ce_${name}`]: undefined } }),
    ]),
    ['a null header', 'missing_attribute', binary({ headers: { ce_id: null } })],
    ['an empty attribute', 'missing_attribute', binary({ headers: { ce_type: '' } })],
    ['no headers at all', 'missing_attribute', { ...binary(), headers: undefined }],
    ['a merchant id with a blank', 'missing_attribute', binary({ key: 'mer 1', headers: { ce_merchantid: 'mer 1' } })],
    ['a merchant id of 65 characters', 'missing_attribute', binary({ key: 'm'.repeat(65), headers: { ce_merchantid: 'm'.repeat(65) } })],
    ['an unknown mode', 'missing_attribute', binary({ headers: { ce_mode: 'prod' } })],
    ['CR LF in an attribute', 'missing_attribute', binary({ headers: { ce_type: 'order.created\r\nx: y' } })],
    ['NUL in an attribute', 'missing_attribute', binary({ headers: { ce_id: 'a\0b' } })],
    ['an attribute of 257 characters', 'missing_attribute', binary({ headers: { ce_source: 'x'.repeat(257) } })],
    ['a lone surrogate', 'missing_attribute', structured({ ...ENVELOPE, id: '\ud800', data: 1 })],
    ['an object as attribute', 'missing_attribute', structured({ ...ENVELOPE, id: { a: 1 }, data: 1 })],
    ['a fraction as attribute', 'missing_attribute', structured({ ...ENVELOPE, sequence: 1.5, data: 1 })],
    [
      'a number that cannot be held',
      'missing_attribute',
      structured(`{${JSON.stringify(ENVELOPE).slice(1, -1)},"sequence":12345678901234567890,"data":1}`),
    ],
    ['spec version 0.3', 'unsupported_spec_version', binary({ headers: { ce_specversion: '0.3' } })],
    ['spec version 999', 'unsupported_spec_version', structured({ ...ENVELOPE, specversion: '999', data: 1 })],
    ['protobuf', 'unsupported_content_type', binary({ headers: { 'content-type': 'application/protobuf' }, value: Buffer.from([8, 1]) })],
    ['text', 'unsupported_content_type', binary({ headers: { 'content-type': 'text/plain' } })],
    ['a batch of events', 'unsupported_content_type', structured([ENVELOPE], 'application/cloudevents-batch+json')],
    ['structured Avro', 'unsupported_content_type', binary({ headers: { 'content-type': 'application/cloudevents+avro' } })],
    ['structured with XML data', 'unsupported_content_type', structured({ ...ENVELOPE, datacontenttype: 'text/xml', data: '<a/>' })],
    ['bad JSON', 'invalid_json', binary({ value: '{"a":1' })],
    ['two JSON values', 'invalid_json', binary({ value: '{} {}' })],
    ['white space only', 'invalid_json', binary({ value: ' \n' })],
    ['a byte order mark', 'invalid_json', binary({ value: '\ufeff{}' })],
    ['NaN', 'invalid_json', binary({ value: 'NaN' })],
    ['invalid UTF-8', 'invalid_json', binary({ value: Buffer.from([0x22, 0xc3, 0x28, 0x22]) })],
    ['an overlong NUL', 'invalid_json', binary({ value: Buffer.from([0x22, 0xc0, 0x80, 0x22]) })],
    ['a UTF-8 encoded surrogate', 'invalid_json', binary({ value: Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]) })],
    ['a structured event of invalid UTF-8', 'invalid_json', { ...structured('x'), value: Buffer.from([0x7b, 0xff, 0x7d]) }],
    ['a structured event that is no object', 'invalid_json', structured('[]')],
    ['a structured event cut short', 'invalid_json', structured('{"id":')],
    ['base64 that is none', 'invalid_json', structured({ ...ENVELOPE, data_base64: '*' })],
    ['base64 of no JSON', 'invalid_json', structured({ ...ENVELOPE, data_base64: 'AAEC' })],
    ['65 levels', 'too_deep', binary({ value: nested(65) })],
    ['65 levels in structured mode', 'too_deep', structured(`{${JSON.stringify(ENVELOPE).slice(1, -1)},"data":${nested(65)}}`)],
    ['100 000 levels', 'too_deep', binary({ value: nested(100_000) })],
    ['100 000 levels in structured mode', 'too_deep', structured(`{${JSON.stringify(ENVELOPE).slice(1, -1)},"data":${nested(100_000)}}`)],
    ['a byte over 1 MiB', 'too_large', binary({ value: JSON.stringify('x'.repeat(MAX_EVENT_BYTES - 1)) })],
    ['a byte over 1 MiB in structured mode', 'too_large', structured({ ...ENVELOPE, data: 'x'.repeat(MAX_EVENT_BYTES - 1) })],
    ['10 MB', 'too_large', structured({ ...ENVELOPE, data: 'x'.repeat(10_000_000) })],
    ...[
      'soon',
      '',
      '9999-12-31T23:59:59Z',
      '1969-12-31T23:59:59Z',
      '2026-02-30T00:00:00Z',
      '2026-13-01T00:00:00Z',
      '2026-11-25',
      '2026-11-25T24:00:00Z',
      '2026-11-25T01:02:03',
      '1764032523',
      '2026-11-25T01:02:03Z\n',
    ].map((time): [string, string, RawMessage] => [
      `the time ${JSON.stringify(time)}`,
      'invalid_time',
      binary({ headers: { ce_time: time } }),
    ]),
    ['no time, and a message without one', 'invalid_time', binary({ headers: { ce_time: undefined }, timestamp: '-1' })],
  ])('%s is %s', (_what, reason, message) => {
    expect(reasonOf(message)).toBe(reason);
  });

  it('never makes the codec throw, whatever the bytes', () => {
    const bytes = fc.option(
      fc.oneof(
        fc.uint8Array(),
        fc.string().map((text) => Buffer.from(text)),
        fc.json().map((text) => Buffer.from(text)),
      ),
    );
    const names = fc.constantFrom('content-type', 'traceparent', ...Object.keys(HEADERS), 'ce___proto__', 'ce_constructor');
    const headers = fc.dictionary(
      names,
      fc.option(fc.oneof(fc.string(), fc.constant('application/cloudevents+json'), fc.array(fc.string()))),
    );
    fc.assert(
      fc.property(bytes, bytes, headers, (key, value, some) => {
        const message = { ...binary(), key: key && Buffer.from(key), value: value && Buffer.from(value), headers: { ...HEADERS, ...some } };
        expect(typeof read(message).ok).toBe('boolean');
      }),
      { numRuns: 500 },
    );
  });

  it('cannot reach the prototype of what is read', () => {
    const { event } = good(
      structured(
        `{${JSON.stringify(ENVELOPE).slice(1, -1)},"__proto__":{"admin":true},"constructor":"x","data":{"__proto__":{"admin":true}}}`,
      ),
    );
    expect(event.extensions).toEqual({ constructor: 'x' });
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });
});

describe('an event of app.lifecycle', () => {
  const lifecycle = { id: '1', source: '/hookwright/registry', type: 'partner_app.install.created', timeMs: 1_700_000_000_123 };

  it('is read as it was written', () => {
    const extensions = { appid: 'app_1', merchantid: 'mer_1', generation: '2', mode: 'test', sequence: '', reason: '' };
    const { headers, value } = encodeCloudEvent({ ...lifecycle, extensions, data: { status: 'active' } });
    const decoded = read({ ...binary({ key: 'app_1', value }), headers }, 'appid');
    expect(decoded).toMatchObject({
      ok: true,
      event: { ...lifecycle, merchantId: 'mer_1', mode: 'test', extensions: { appid: 'app_1', generation: '2' } },
    });
    expect(decoded.ok && JSON.parse(decoded.data.toString())).toEqual({ status: 'active' });
  });

  it('may concern no merchant, but must name its app', () => {
    const { headers, value } = encodeCloudEvent({ ...lifecycle, extensions: { appid: 'app_1' }, data: {} });
    expect(read({ ...binary({ key: 'app_1', value }), headers }, 'appid')).toMatchObject({ ok: true, event: { merchantId: '' } });
    expect(read({ ...binary({ key: 'app_2', value }), headers }, 'appid')).toMatchObject({ reason: 'merchant_mismatch' });
    const nameless = encodeCloudEvent({ ...lifecycle, extensions: {}, data: {} });
    expect(read({ ...binary({ key: 'app_1', value }), headers: nameless.headers }, 'appid')).toMatchObject({ reason: 'missing_attribute' });
  });
});
