import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import {
  EndpointSnapshotSchema,
  EventSchema,
  EventSource,
  MatchedAppSchema,
  PayloadStyle,
  deliveryIdOf,
  encodeDeliveryHeaders,
} from '@hookwright/contracts';
import { expand } from './expand.ts';

const event = create(EventSchema, {
  eventId: 'evt_1',
  type: 'order.created',
  source: EventSource.INSTALLED_MERCHANTS,
  merchantId: 'mer_1',
});
const app = (appId: string) => create(MatchedAppSchema, { appId, installationId: `ins_of_${appId}`, generation: 2 });
const value = Buffer.from('{"n":1}');
const timestamp = '1764032523004';

describe('expand', () => {
  it('makes one delivery for each matched app, all around the same event', () => {
    const endpoints = { app_1: create(EndpointSnapshotSchema, { payloadStyle: PayloadStyle.THIN, apiVersion: '2026-11-01' }) };
    const message = { value, timestamp, headers: encodeDeliveryHeaders(event, [app('app_1'), app('app_2')]) };
    const expansion = expand(message, (appId) => endpoints[appId as 'app_1']);
    if (!expansion.ok) throw new Error(expansion.detail);
    const [first, second] = expansion.deliveries;
    expect(first).toMatchObject({
      id: deliveryIdOf('evt_1', 'app_1'),
      appId: 'app_1',
      installationId: 'ins_of_app_1',
      generation: 2,
      createdAtMs: Number(timestamp),
      trigger: 'event',
      attemptCount: 0,
      origin: 'live',
      style: { payloadStyle: 'thin', apiVersion: '2026-11-01' },
    });
    expect(second).toMatchObject({ id: deliveryIdOf('evt_1', 'app_2'), style: undefined });
    expect(first?.source).toBe(second?.source);
    expect(first?.source.data).toBe(value);
  });

  it('knows which app may not have been told of the installation yet', () => {
    const apps = [create(MatchedAppSchema, { ...app('app_1'), afterCreated: true }), app('app_2')];
    const expansion = expand({ value, timestamp, headers: encodeDeliveryHeaders(event, apps) }, () => undefined);
    expect(expansion).toMatchObject({ ok: true, deliveries: [{ afterCreated: true }, { afterCreated: false }] });
  });

  it('calls the deliveries of a test event so', () => {
    const headers = encodeDeliveryHeaders(create(EventSchema, { ...event, test: true }), [app('app_1')]);
    expect(expand({ value, timestamp, headers }, () => undefined)).toMatchObject({ ok: true, deliveries: [{ trigger: 'test' }] });
  });

  const good = encodeDeliveryHeaders(event, [app('app_1')]);
  it.each([
    ['no value', { value: null, headers: good }],
    ['no headers', { value, headers: undefined }],
    ['no apps header', { value, headers: { 'hw-event': good['hw-event'] } }],
    ['broken protobuf', { value, headers: { ...good, 'hw-event': Buffer.from([0xff, 0xff]) } }],
    ['no app', { value, headers: encodeDeliveryHeaders(event, []) }],
    ['no event id', { value, headers: encodeDeliveryHeaders(create(EventSchema, {}), [app('app_1')]) }],
    ['a NUL, which PostgreSQL refuses', { value, headers: encodeDeliveryHeaders(event, [app('app_\0')]) }],
  ])('refuses a message with %s', (_name, message) => {
    expect(expand({ timestamp, ...message }, () => undefined).ok).toBe(false);
  });
});
