import { describe, expect, it } from '@jest/globals';
import { coversType, isChosen } from './event-choice.ts';
import { EventSource } from './generated/events/v1/event_pb.ts';

describe('a pattern', () => {
  it.each([
    ['order.created', 'order.created', true],
    ['order.created', 'order.createdx', false],
    ['order.*', 'order.created', true],
    ['order.*', 'order.item.added', true],
    ['order.*', 'order', false],
    ['order.*', 'orders.created', false],
    ['*', 'anything.at.all', true],
  ])('%s and the type %s: %s', (pattern, type, covered) => {
    expect(coversType(pattern, type)).toBe(covered);
  });
});

describe('an endpoint', () => {
  const choice = { eventSources: [EventSource.INSTALLED_MERCHANTS], enabledEvents: ['order.*', 'refund.created'] };

  it('chose what fits both its sources and its patterns', () => {
    expect(isChosen(choice, { source: EventSource.INSTALLED_MERCHANTS, type: 'refund.created' })).toBe(true);
  });

  it('did not choose another source, or another type', () => {
    expect(isChosen(choice, { source: EventSource.PARTNER_APP, type: 'order.created' })).toBe(false);
    expect(isChosen(choice, { source: EventSource.INSTALLED_MERCHANTS, type: 'customer.created' })).toBe(false);
  });
});
