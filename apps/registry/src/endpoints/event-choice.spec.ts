import { describe, expect, it } from '@jest/globals';
import type { EndpointChoices } from './endpoint.ts';
import { checkEventChoice, choosesAppEvent } from './event-choice.ts';

const types = [
  { type: 'order.created', requiredScope: 'orders.read' },
  { type: 'order.item.added', requiredScope: 'orders.read' },
  { type: 'payment.captured', requiredScope: 'payments.read' },
  { type: 'partner_app.install.revoked', requiredScope: '' },
];
const context = { types, scopes: new Set(['orders.read']), given: true };

describe('the choice of events', () => {
  it('may be any known type, prefix or everything', () => {
    const patterns = ['order.created', 'order.*', 'order.item.*', 'partner_app.install.revoked', 'partner_app.*', '*'];
    expect(checkEventChoice(patterns, context)).toEqual([]);
  });

  it.each([
    'order.crated',
    'nothing.*',
    'order',
    '',
    'order.',
    '.*',
    'or*',
    'order.*.created',
    '**',
    'Order.created',
    'order.created\n',
    `${'a'.repeat(200)}.*`,
  ])('refuses %j', (pattern) => {
    expect(checkEventChoice(['*', pattern], context)).toMatchObject([{ pointer: '/webhook/enabled_events/1', code: 'unknown_event_type' }]);
  });

  it('refuses an exact type whose scope no permission has, and lets a prefix cover it', () => {
    expect(checkEventChoice(['payment.captured'], context)).toMatchObject([
      { pointer: '/webhook/enabled_events/0', code: 'scope_not_granted_by_permissions' },
    ]);
    expect(checkEventChoice(['payment.*'], context)).toEqual([]);
  });

  it('points at the permissions when they, and not the choice, were changed', () => {
    expect(checkEventChoice(['payment.captured'], { ...context, given: false })).toMatchObject([
      { pointer: '/permissions', code: 'scope_not_granted_by_permissions' },
    ]);
  });
});

describe('an app’s own event', () => {
  const choice = (eventSources: EndpointChoices['eventSources'], ...enabledEvents: string[]) => ({ eventSources, enabledEvents });

  it.each([
    [choice(['partner_app', 'installed_merchants'], '*'), true],
    [choice(['partner_app'], 'order.*', 'partner_app.install.*'), true],
    [choice(['partner_app'], 'partner_app.install.created'), true],
    [choice(['partner_app'], 'partner_app.install.revoked', 'order.*'), false],
    [choice(['installed_merchants'], '*'), false],
    [null, false],
  ])('is wanted by %j: %s', (endpoint, isWanted) => {
    expect(choosesAppEvent(endpoint, 'partner_app.install.created')).toBe(isWanted);
  });
});
