import { describe, expect, it } from '@jest/globals';
import type { EventType } from './event-type.ts';
import { checkEventType } from './event-type-rules.ts';

const order: EventType = {
  type: 'order.created',
  source: 'installed_merchants',
  requiredScope: 'orders.read',
  description: 'An order was placed.',
  schema: '{"type":"object"}',
  example: '{"id":"ord_1"}',
  mandatory: false,
};

describe('an event type', () => {
  it('can be any dotted lower-case name with a schema and an example', () => {
    expect(checkEventType(order)).toEqual([]);
    expect(checkEventType({ ...order, type: 'order.line_item.added2', requiredScope: '', example: 'null', schema: 'true' })).toEqual([]);
  });

  it.each<[Partial<EventType>, string]>([
    [{ type: '' }, '/type'],
    [{ type: 'order' }, '/type'],
    [{ type: 'Order.created' }, '/type'],
    [{ type: 'order..created' }, '/type'],
    [{ type: 'order.*' }, '/type'],
    [{ type: 'order.created\n' }, '/type'],
    [{ type: `order.${'x'.repeat(130)}` }, '/type'],
    [{ type: 'partner_app.install.created' }, '/type'],
    [{ type: 'endpoint.verification' }, '/type'],
    [{ source: 'partner_app' }, '/source'],
    [{ mandatory: true }, '/mandatory'],
    [{ requiredScope: 'a scope' }, '/required_scope'],
    [{ description: 'x'.repeat(2001) }, '/description'],
    [{ schema: '' }, '/schema'],
    [{ schema: '[]' }, '/schema'],
    [{ schema: '{' }, '/schema'],
    [{ schema: JSON.stringify({ description: 'x'.repeat(65_536) }) }, '/schema'],
    [{ example: 'undefined' }, '/example'],
  ])('cannot have %.80j', (patch, pointer) => {
    expect(checkEventType({ ...order, ...patch })).toMatchObject([{ pointer, code: 'invalid_field' }]);
  });
});
