import { describe, expect, it } from '@jest/globals';
import { compileEnabledEvents } from './enabled-events.ts';

describe('enabled events', () => {
  it.each([
    [['order.created'], 'order.created', true],
    [['order.created'], 'order.created.eu', false],
    [['order.created'], 'order.updated', false],
    [['order.*'], 'order.created', true],
    [['order.*'], 'order.line.added', true],
    [['order.*'], 'order', false],
    [['order.*'], 'orders.created', false],
    [['order.*', 'payment.captured'], 'payment.captured', true],
    [['order.*', 'payment.captured'], 'payment.failed', false],
    [['*'], 'anything.at.all', true],
    [[], 'order.created', false],
    [['partner_app.install.*'], 'partner_app.install.created', true],
  ])('%j has %s: %s', (patterns, type, has) => {
    expect(compileEnabledEvents(patterns).has(type)).toBe(has);
  });
});
