import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { leaseSlots, type SlotsWanted } from './lease-slots.ts';
import { RateLimits } from './rate-limits.ts';

const APP = 'app_1';
let timelines: Map<string, number>;
let asked: number;
let workers: Sender[];

/** What Redis does, within this process. */
const lease = (appId: string, wanted: SlotsWanted) => {
  asked++;
  const leased = leaseSlots(timelines.get(appId), performance.now(), wanted);
  timelines.set(appId, leased.nextMs);
  return Promise.resolve(leased.lease);
};

/** A worker with a lane full of deliveries. */
class Sender {
  sentAtMs: number[] = [];
  tries = 0;
  far = 0;
  readonly limits: RateLimits;

  constructor(
    private queued: number,
    private perMinute: number,
  ) {
    this.limits = new RateLimits({ lease, onSlot: () => this.go(), onFar: () => this.far++ });
    workers.push(this);
  }

  go(): void {
    for (; this.queued > 0; this.queued--) {
      this.tries++;
      if (!this.limits.take(APP, this.perMinute, this.queued)) return;
      this.sentAtMs.push(performance.now());
    }
  }

  arrive(): void {
    this.queued++;
    this.go();
  }

  change(perMinute: number): void {
    this.perMinute = perMinute;
    this.go();
  }
}

beforeEach(() => {
  jest.useFakeTimers();
  timelines = new Map();
  asked = 0;
  workers = [];
});

afterEach(() => {
  for (const { limits } of workers) limits.stop();
  jest.useRealTimers();
});

const sentIn = (senders: Sender[], fromMs: number, toMs: number): number =>
  senders.flatMap(({ sentAtMs }) => sentAtMs).filter((atMs) => atMs >= fromMs && atMs < toMs).length;

describe('RateLimits', () => {
  it.each([
    [60, 1],
    [600, 3],
    [6000, 2],
    [60_000, 1],
  ])('sends %i a minute and no more from %i workers that always have something, evenly from the first second on', async (rate, count) => {
    const senders = Array.from({ length: count }, () => new Sender(1_000_000, rate));
    const startMs = performance.now();
    for (const sender of senders) sender.go();
    await jest.advanceTimersByTimeAsync(60_000);
    const sent = sentIn(senders, startMs, startMs + 60_000);
    expect(sent).toBeGreaterThanOrEqual(rate * 0.97);
    expect(sent).toBeLessThanOrEqual(rate * 1.02 + 1);
    for (let second = 0; second < 60; second += 7) {
      const from = startMs + second * 1000;
      expect(sentIn(senders, from, from + 1000)).toBeLessThanOrEqual((rate / 60) * 1.2 + 2);
    }
  });

  it('asks for slots at most a few times a second, and does not spin', async () => {
    const sender = new Sender(1_000_000, 6000);
    sender.go();
    await jest.advanceTimersByTimeAsync(10_000);
    expect(asked).toBeLessThanOrEqual(50);
    expect(sender.tries).toBeLessThanOrEqual(2 * 1000 + 200);
    const slow = new Sender(10, 60);
    slow.go();
    await jest.advanceTimersByTimeAsync(1);
    expect(slow.tries).toBeLessThanOrEqual(3);
  });

  it('lets a trickle below the rate through at once, with few questions', async () => {
    const sender = new Sender(0, 6000);
    const late: number[] = [];
    for (let n = 0; n < 500; n++) {
      await jest.advanceTimersByTimeAsync(20);
      const sent = sender.sentAtMs.length;
      sender.arrive();
      await jest.advanceTimersByTimeAsync(0);
      if (sender.sentAtMs.length === sent) late.push(n);
    }
    expect(late.length).toBeLessThanOrEqual(5);
    expect(asked).toBeLessThanOrEqual(60);
  });

  it('says when the next slot is far away, and what may wait for it in memory: nothing until it is near', async () => {
    const sender = new Sender(3, 1);
    expect(sender.limits.soon(APP, 1)).toBe(1);
    sender.go();
    await jest.advanceTimersByTimeAsync(1);
    expect([sender.sentAtMs.length, sender.far]).toEqual([1, 1]);
    expect(sender.limits.soon(APP, 1)).toBe(0);
    await jest.advanceTimersByTimeAsync(58_000);
    expect(sender.limits.soon(APP, 1)).toBe(1);
    expect(sender.limits.soon(APP, 600)).toBe(21);
  });

  it('follows another rate at once', async () => {
    const sender = new Sender(100, 1);
    sender.go();
    await jest.advanceTimersByTimeAsync(5000);
    sender.change(6000);
    await jest.advanceTimersByTimeAsync(1500);
    expect(sender.sentAtMs).toHaveLength(100);
  });

  it('forgets apps that are idle', async () => {
    const sender = new Sender(1, 600);
    sender.go();
    await jest.advanceTimersByTimeAsync(1000);
    expect([sender.sentAtMs.length, sender.limits.size]).toEqual([1, 1]);
    await jest.advanceTimersByTimeAsync(180_000);
    expect(sender.limits.size).toBe(0);
  });
});
