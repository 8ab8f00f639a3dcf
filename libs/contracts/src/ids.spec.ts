import { describe, expect, it } from '@jest/globals';
import { deliveryIdOf, eventIdOf, newId } from './ids.ts';

describe('ids', () => {
  it('has its prefix and 26 characters that no mail client or URL mangles', () => {
    for (const prefix of ['par', 'app', 'ins', 'att', 'sec', 'rpl', 'key', 'req'] as const) {
      expect(newId(prefix)).toMatch(new RegExp(`^${prefix}_[0-9a-hjkmnp-tv-z]{26}$`));
    }
    expect(eventIdOf('/orders', '1')).toMatch(/^evt_[0-9a-hjkmnp-tv-z]{26}$/);
    expect(deliveryIdOf(eventIdOf('/orders', '1'), 'app_1')).toMatch(/^dlv_[0-9a-hjkmnp-tv-z]{26}$/);
  });

  it('sorts by the time it was made', () => {
    const times = [0, 1, 999, 1000, 1_700_000_000_000, 1_700_000_000_001, Date.UTC(2100, 0)];
    const ids = times.map((timeMs) => newId('app', timeMs));
    expect([...ids].sort()).toEqual(ids);
  });

  it('never comes twice', () => {
    const ids = Array.from({ length: 10_000 }, () => newId('dlv', 1_700_000_000_000));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('of an event depends on its source and its id alone: this value is a promise to partners', () => {
    expect(eventIdOf('/shop/orders', 'o-1')).toBe('evt_gadrr8n5v6zb6r1jtz1tw587w4');
    expect(eventIdOf('/shop/orders', 'o-1')).toBe(eventIdOf('/shop/orders', 'o-1'));
    expect(eventIdOf('/shop/orders', 'o-2')).not.toBe(eventIdOf('/shop/orders', 'o-1'));
  });

  it('has the deliveries of one event side by side, and each only once', () => {
    const events = Array.from({ length: 100 }, (_, index) => eventIdOf('/shop/orders', `o-${index}`));
    const deliveries = events.flatMap((event) =>
      Array.from({ length: 20 }, (_, app) => ({ event, id: deliveryIdOf(event, `app_${app}`) })),
    );
    expect(new Set(deliveries.map(({ id }) => id)).size).toBe(2000);
    const inOrder = [...deliveries].sort((one, other) => (one.id < other.id ? -1 : 1)).map(({ event }) => event);
    expect(inOrder.filter((event, index) => event !== inOrder[index - 1])).toHaveLength(events.length);
  });

  it('keeps pairs apart whose texts are the same when joined', () => {
    expect(eventIdOf('ab', 'c')).not.toBe(eventIdOf('a', 'bc'));
    expect(deliveryIdOf('evt_1', '2app')).not.toBe(deliveryIdOf('evt_12', 'app'));
  });
});
