import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import { EventSchema, type MatchedApp, MatchedAppSchema, decodeDeliveryHeaders } from '@hookwright/contracts';
import { deliveryMessages } from './delivery-messages.ts';

const event = create(EventSchema, { eventId: 'evt_1', merchantId: 'mer_1' });
const data = Buffer.from('{"a": 1}');

function apps(count: number): MatchedApp[] {
  return Array.from({ length: count }, (_, index) => create(MatchedAppSchema, { appId: `app_${index}`, installationId: `ins_${index}` }));
}

describe('deliveryMessages', () => {
  it.each([
    [1, [1]],
    [64, [64]],
    [65, [64, 1]],
    [150, [64, 64, 22]],
  ])('spreads %i apps over messages of %j', (count, sizes) => {
    const decoded = deliveryMessages(event, apps(count), data).map(({ headers }) => decodeDeliveryHeaders(headers));
    expect(decoded.map((headers) => headers?.apps.length)).toEqual(sizes);
    expect(decoded.flatMap((headers) => headers?.apps.map(({ appId }) => appId))).toEqual(apps(count).map(({ appId }) => appId));
    expect(decoded.every((headers) => headers?.event.eventId === 'evt_1')).toBe(true);
  });

  it('keys every message by merchant and lets only the further ones choose another partition', () => {
    const messages = deliveryMessages(event, apps(150), data);
    expect(messages.map(({ key, partitionKey }) => [key, partitionKey])).toEqual([
      ['mer_1', undefined],
      ['mer_1', 'mer_1#1'],
      ['mer_1', 'mer_1#2'],
    ]);
  });

  it('passes on the very bytes of the data', () => {
    expect(deliveryMessages(event, apps(150), data).every(({ value }) => value === data)).toBe(true);
  });
});
