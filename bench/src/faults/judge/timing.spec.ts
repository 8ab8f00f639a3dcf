import { describe, expect, it } from '@jest/globals';
import type { Arrival, AcceptedEvent } from './pairs.ts';
import { arrivalRate, flowsFrom, latencies } from './timing.ts';

const event = (webhookId: string, sentMs: number, apps = ['app_1']): AcceptedEvent => ({ webhookId, apps, sentMs });
const arrival = (webhookId: string, atMs: number, appId = 'app_1'): Arrival => ({ appId, webhookId, atMs, answeredMs: atMs, status: 200 });
const ALWAYS = { fromMs: 0, toMs: Infinity };

describe('latencies', () => {
  it('reach from sending to the first request, whatever came of that', () => {
    expect(latencies([event('evt_1', 1000)], [arrival('evt_1', 1090), arrival('evt_1', 1030)], ALWAYS)).toEqual([30]);
  });

  it('leave out what was sent outside the period or did not arrive', () => {
    const accepted = [event('early', 999), event('in', 1000), event('late', 2000), event('lost', 1500)];
    const arrivals = ['early', 'in', 'late'].map((id) => arrival(id, 3000));
    expect(latencies(accepted, arrivals, { fromMs: 1000, toMs: 2000 })).toEqual([2000]);
  });

  it('are those of some apps when asked', () => {
    const accepted = [event('evt_1', 1000, ['healthy', 'slow'])];
    const arrivals = [arrival('evt_1', 1002, 'healthy'), arrival('evt_1', 9000, 'slow')];
    expect(latencies(accepted, arrivals, ALWAYS, new Set(['healthy']))).toEqual([2]);
  });
});

describe('arrivalRate', () => {
  it('counts requests per second of the period', () => {
    const arrivals = [999, 1000, 1500, 2999, 3000].map((atMs) => arrival('evt_1', atMs));
    expect(arrivalRate(arrivals, { fromMs: 1000, toMs: 3000 })).toBe(1.5);
  });
});

describe('flowsFrom', () => {
  it('is the beginning of the first second with half of the load', () => {
    const trickle = [1000, 4000].map((atMs) => arrival('evt_1', atMs));
    const flow = Array.from({ length: 50 }, (_, at) => arrival(`evt_${at}`, 7000 + at * 10));
    expect(flowsFrom([...trickle, ...flow], 900, 100)).toBe(7000);
  });

  it('looks at nothing before the given moment', () => {
    expect(flowsFrom([arrival('evt_1', 1000), arrival('evt_2', 5000)], 2000, 2)).toBe(5000);
  });

  it('is no number when nothing flows', () => {
    expect(flowsFrom([arrival('evt_1', 1000)], 0, 100)).toBeNaN();
  });
});
