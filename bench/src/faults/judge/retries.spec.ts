import { describe, expect, it } from '@jest/globals';
import type { Arrival } from './pairs.ts';
import { longest, retryDelays, shortest, withoutSuccess } from './retries.ts';

const arrival = (webhookId: string, atMs: number, status = 500): Arrival => ({
  appId: 'app_1',
  webhookId,
  atMs,
  answeredMs: atMs + 10,
  status,
});

describe('retryDelays', () => {
  it('reach from an answer to the next attempt of the same pair, whatever the order of the log', () => {
    expect(retryDelays([arrival('evt_1', 5000), arrival('evt_2', 1500), arrival('evt_1', 1000)])).toEqual([3990]);
  });

  it('have no shortest and no longest when nothing was tried again', () => {
    expect([shortest(retryDelays([arrival('evt_1', 1000)])), longest([])]).toEqual([Number.NaN, Number.NaN]);
  });
});

describe('withoutSuccess', () => {
  it('counts pairs that only failed or never came', () => {
    const accepted = ['failed', 'never', 'delivered'].map((webhookId) => ({ webhookId, apps: ['app_1'], sentMs: 0 }));
    const arrivals = [arrival('failed', 1000), arrival('delivered', 1000), arrival('delivered', 2000, 204)];
    expect(withoutSuccess(accepted, arrivals)).toBe(2);
  });
});
