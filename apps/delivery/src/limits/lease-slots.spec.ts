import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { useStores } from '@hookwright/testkit';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { AHEAD_MS, BURST_MS, LEASE, leaseSlots } from './lease-slots.ts';

const perMinute = (rate: number, slots: number) => ({ intervalMs: 60_000 / rate, slots });

describe('leaseSlots', () => {
  it('begins now, without a burst, and gives out half a second in advance', () => {
    expect(leaseSlots(undefined, 10_000, perMinute(600, 100))).toEqual({
      lease: { slots: 6, startInMs: 0, againInMs: 100 },
      nextMs: 10_600,
    });
  });

  it('gives no more than is wanted', () => {
    expect(leaseSlots(undefined, 0, perMinute(600, 2))).toMatchObject({ lease: { slots: 2, againInMs: 0 }, nextMs: 200 });
  });

  it('says when there is something again', () => {
    const { nextMs } = leaseSlots(undefined, 0, perMinute(1, 1));
    expect(leaseSlots(nextMs, 5000, perMinute(1, 1)).lease).toEqual({ slots: 0, startInMs: 55_000, againInMs: 55_000 - AHEAD_MS });
  });

  it('lets an idle app catch up one second', () => {
    expect(leaseSlots(0, 100_000, perMinute(600, 1000)).lease).toMatchObject({ slots: 16, startInMs: -BURST_MS });
  });

  it('forgets what a lower rate had given out', () => {
    const { nextMs } = leaseSlots(undefined, 0, perMinute(1, 1));
    expect(leaseSlots(nextMs, 0, perMinute(60_000, 1)).lease.againInMs).toBeLessThanOrEqual(1);
  });

  it('never gives more than the rate and one burst, whoever asks when and for how many', () => {
    const asks = fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 3000 }), slots: fc.integer({ min: 1, max: 500 }) }));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60_000 }), asks, (rate, all) => {
        let [nowMs, given] = [1_000_000, 0];
        let nextMs: number | undefined;
        const startedMs = nowMs;
        for (const { afterMs, slots } of all) {
          nowMs += afterMs;
          const leased = leaseSlots(nextMs, nowMs, perMinute(rate, slots));
          nextMs = leased.nextMs;
          given += leased.lease.slots;
        }
        const spanMs = nowMs - startedMs + BURST_MS + AHEAD_MS;
        expect(given).toBeLessThanOrEqual(Math.floor((spanMs * rate) / 60_000) + 2);
      }),
    );
  });
});

describe('the same in Redis', () => {
  let redis: Redis;

  beforeAll(async () => {
    redis = new Redis(`${(await useStores(['redis'])).redisUrl}/12`);
    await redis.flushdb();
  });
  afterAll(() => redis.disconnect());

  const lease = async (key: string, rate: number, slots: number) => {
    const [granted, startInMs, againInMs] = (await redis.eval(LEASE, 1, key, 60_000 / rate, slots)) as [number, string, string];
    return { slots: granted, startInMs: Number(startInMs), againInMs: Number(againInMs) };
  };

  it('gives all askers together what one would get', async () => {
    const leases = await Promise.all(Array.from({ length: 20 }, () => lease('rate:shared', 600, 1)));
    expect(leases.reduce((sum, { slots }) => sum + slots, 0)).toBe(6);
    expect(leases.filter(({ slots }) => slots === 1).map(({ startInMs }) => Math.round(startInMs / 100))).toEqual([0, 1, 2, 3, 4, 5]);
    expect(leases.at(-1)!.againInMs).toBeGreaterThan(0);
  });

  it('starts anew after Redis lost its memory, and leaves nothing behind', async () => {
    await lease('rate:lost', 1, 1);
    expect((await lease('rate:lost', 1, 1)).slots).toBe(0);
    expect(await redis.pttl('rate:lost')).toBeLessThanOrEqual(61_000);
    await redis.flushdb();
    expect(await lease('rate:lost', 1, 1)).toMatchObject({ slots: 1, startInMs: 0 });
  });
});
