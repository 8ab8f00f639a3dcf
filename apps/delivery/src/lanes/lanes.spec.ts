import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import { EventSchema } from '@hookwright/contracts';
import fc from 'fast-check';
import type { Delivery } from '../expansion/delivery.ts';
import { type Flight, Lanes } from './lanes.ts';

let serial = 0;

function delivery(appId: string, merchantId = 'mer_1', origin: Delivery['origin'] = 'live'): Delivery {
  const source = { event: create(EventSchema, { merchantId }), eventBytes: Buffer.alloc(0), data: Buffer.alloc(0), isStored: false };
  const id = `dlv_${serial++}`;
  return {
    id,
    appId,
    installationId: '',
    generation: 1,
    afterCreated: false,
    source,
    createdAtMs: 0,
    waitedMs: 0,
    trigger: 'event',
    attemptCount: 0,
    style: undefined,
    origin,
  };
}

interface Bounds {
  /** Of each endpoint. */
  readonly concurrency?: number;
  readonly young?: number;
  readonly unrecorded?: number;
  readonly slow?: number;
  readonly free?: number;
}

/** Lanes whose requests end, and are recorded, when the test says so. */
class Harness {
  readonly started: Delivery[] = [];
  readonly parkedDone: string[] = [];
  readonly landed: Flight[] = [];
  mayStart = true;
  isBusy = false;
  concurrency: number;
  free: number;
  nowMs = 0;
  readonly lanes: Lanes;
  readonly flying: Flight[] = [];

  constructor({ concurrency = 2, young = 1000, unrecorded = 1000, slow = 1000, free = 1e6 }: Bounds = {}) {
    this.concurrency = concurrency;
    this.free = free;
    this.lanes = new Lanes({
      concurrencyOf: () => this.concurrency,
      mayStart: () => this.mayStart,
      mayGo: () => true,
      onParkedDone: (appId) => this.parkedDone.push(appId),
      worker: () => ({ free: this.free, bound: free, isBusy: this.isBusy }),
      slots: { concurrency: young, unrecorded, slow, slowAfterMs: 100 },
      clock: () => this.nowMs,
      deliver: (flight) => {
        this.started.push(flight.delivery);
        this.flying.push(flight);
      },
    });
  }

  flyingOf(appId: string): number {
    return this.flying.filter(({ delivery: { appId: app } }) => app === appId).length;
  }

  land(at = 0): void {
    const [flight] = this.flying.splice(at % this.flying.length, 1);
    if (flight === undefined) return;
    this.lanes.landed(flight);
    this.landed.push(flight);
  }

  record(): void {
    for (const flight of this.landed.splice(0)) this.lanes.recorded(flight);
  }

  endAll(): void {
    while (this.flying.length > 0) {
      this.land();
      this.record();
    }
  }
}

describe('Lanes', () => {
  it('keeps all bounds, loses nothing, and leaves nothing behind, for any order of arrivals, ends and records', () => {
    const arrival = fc.record({ app: fc.integer({ min: 0, max: 2 }), merchant: fc.integer({ min: 0, max: 3 }) });
    const step = fc.oneof(arrival, fc.nat(50), fc.constant('record' as const), fc.constant('age' as const));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const harness = new Harness({ young: 4, unrecorded: 3 });
        const taken: Delivery[] = [];
        for (const next of steps) {
          const startedBefore = harness.started.length;
          const unrecordedBefore = harness.landed.length;
          if (typeof next === 'number') harness.land(next);
          else if (next === 'record') harness.record();
          else if (next === 'age') harness.nowMs += 60;
          else {
            const offered = delivery(`app_${next.app}`, `mer_${next.merchant}`);
            expect(harness.lanes.offer(offered)).toBe(true);
            taken.push(offered);
          }
          for (const appId of ['app_0', 'app_1', 'app_2']) expect(harness.flyingOf(appId)).toBeLessThanOrEqual(2);
          const young = harness.flying.filter(({ slot }) => slot.startedAtMs > harness.nowMs - 100);
          expect(young.length).toBeLessThanOrEqual(4);
          if (next !== 'record' && unrecordedBefore >= 3) expect(harness.started).toHaveLength(startedBefore);
        }
        harness.record();
        harness.endAll();
        expect(new Set(harness.started)).toEqual(new Set(taken));
        expect([harness.lanes.size, harness.lanes.inFlight]).toEqual([0, 0]);
      }),
      { numRuns: 300 },
    );
  });

  it('serves the merchants of an app in turns', () => {
    const harness = new Harness({ concurrency: 1 });
    for (let n = 0; n < 100; n++) harness.lanes.offer(delivery('app_1', 'mer_busy'));
    harness.lanes.offer(delivery('app_1', 'mer_calm'));
    for (let n = 0; n < 3; n++) harness.land();
    expect(harness.started.map(({ source }) => source.event.merchantId)).toContain('mer_calm');
  });

  it('lets parked and live deliveries of a lane take turns', () => {
    const harness = new Harness({ concurrency: 1 });
    for (const origin of ['live', 'live', 'live', 'parked', 'parked', 'parked'] as const)
      harness.lanes.offer(delivery('app_1', 'mer_1', origin));
    harness.endAll();
    expect(harness.started.map(({ origin }) => origin)).toEqual(['live', 'parked', 'live', 'parked', 'live', 'parked']);
  });

  it('refuses what its endpoint is too slow for, takes parked deliveries all the same, and tells when they are done', () => {
    const harness = new Harness({ free: 100 });
    expect(harness.lanes.roomFor('app_1', 20)).toBe(22);
    for (let n = 0; n < 22; n++) expect(harness.lanes.offer(delivery('app_1'))).toBe(true);
    harness.nowMs = 200;
    expect(harness.lanes.offer(delivery('app_1'))).toBe(false);
    expect(harness.lanes.offer(delivery('app_2'))).toBe(true);
    expect(harness.lanes.offer(delivery('app_1', 'mer_1', 'parked'))).toBe(true);
    expect(harness.lanes.roomFor('app_1', 20)).toBe(19);
    harness.concurrency = 30;
    expect(harness.lanes.roomFor('app_1', 20)).toBe(57);
    harness.concurrency = 2;
    harness.endAll();
    expect(harness.parkedDone).toEqual(['app_1']);
  });

  it('takes what comes in one go, and gives it back when nothing comes of it, but not what was parked before', () => {
    const harness = new Harness({ free: 0 });
    const parked = delivery('app_dead', 'mer_1', 'parked');
    const offered = Array.from({ length: 50 }, () => delivery('app_dead'));
    for (const each of [...offered, parked]) expect(harness.lanes.offer(each)).toBe(true);
    expect(harness.lanes.relieve()).toEqual([]);
    harness.nowMs = 200;
    expect(harness.lanes.relieve()).toEqual(offered.slice(2 + 20));
    harness.endAll();
    expect(harness.started).toContain(parked);
    expect(harness.lanes.size).toBe(0);
  });

  it('takes a moment in which the worker itself stands still, at the start of a burst, for no fault of the endpoints', () => {
    const harness = new Harness({ free: 400 });
    for (harness.nowMs = 1; harness.nowMs <= 1000; harness.nowMs++) {
      harness.lanes.offer(delivery('app_before'));
      harness.endAll();
    }
    const apps = Array.from({ length: 10 }, (_, number) => `app_${number}`);
    for (const app of [...apps, 'app_dead']) for (let n = 0; n < 40; n++) harness.lanes.offer(delivery(app));
    harness.isBusy = true;
    harness.free = 0;
    harness.nowMs += 250;
    for (const app of apps) harness.land(harness.flying.findIndex(({ delivery: { appId } }) => appId === app));
    harness.record();
    expect(new Set(harness.lanes.relieve().map(({ appId }) => appId))).toEqual(new Set(['app_dead']));
  });

  it('takes what queued up while nothing could be recorded for no fault of the endpoints, and still finds the dead one', () => {
    const harness = new Harness({ free: 0 });
    harness.mayStart = false;
    for (const app of ['app_well', 'app_dead']) for (let n = 0; n < 400; n++) harness.lanes.offer(delivery(app));
    harness.nowMs = 20_000;
    harness.mayStart = true;
    harness.lanes.wake();
    expect(harness.lanes.relieve()).toEqual([]);
    for (harness.nowMs += 5; harness.nowMs <= 20_300; harness.nowMs += 5) {
      for (const flight of harness.flying.filter(({ delivery: { appId } }) => appId === 'app_well'))
        harness.land(harness.flying.indexOf(flight));
      harness.record();
      expect(harness.lanes.offer(delivery('app_well'))).toBe(true);
    }
    expect(new Set(harness.lanes.relieve().map(({ appId }) => appId))).toEqual(new Set(['app_dead']));
  });

  it('keeps nothing waiting for long for an endpoint at its limit, however much room there is, but for what was parked before', () => {
    const harness = new Harness({ concurrency: 2 });
    const parked = delivery('app_slow', 'mer_1', 'parked');
    const offered = Array.from({ length: 30 }, (_, n) => delivery('app_slow', `mer_${n % 3}`));
    for (const each of [...offered, parked]) expect(harness.lanes.offer(each)).toBe(true);
    harness.nowMs = 4000;
    const late = delivery('app_slow');
    harness.lanes.offer(late);
    expect(harness.lanes.overdue()).toEqual([]);
    harness.nowMs = 5001;
    expect(new Set(harness.lanes.overdue())).toEqual(new Set(offered.slice(2)));
    expect(harness.lanes.overdue()).toEqual([]);
    harness.endAll();
    expect(new Set(harness.started.slice(2))).toEqual(new Set([late, parked]));
  });

  it('allows for what the worker itself is slow while it is busy', () => {
    const harness = new Harness({ concurrency: 2, free: 1000 });
    harness.isBusy = true;
    for (let n = 0; n < 30; n++) harness.lanes.offer(delivery('app_1'));
    for (harness.nowMs = 10; harness.nowMs <= 6000; harness.nowMs += 10) {
      harness.lanes.offer(delivery('app_2'));
      harness.land(harness.flying.length - 1);
      harness.record();
    }
    // 100 a second: it takes 20 s for twice what it holds.
    expect(harness.lanes.overdue()).toEqual([]);
    harness.isBusy = false;
    expect(harness.lanes.overdue()).toHaveLength(28);
  });

  it('does not count the time in which nothing could be started as waiting for the endpoint', () => {
    const harness = new Harness({ concurrency: 2 });
    harness.mayStart = false;
    for (let n = 0; n < 30; n++) harness.lanes.offer(delivery('app_1'));
    harness.nowMs = 20_000;
    expect(harness.lanes.overdue()).toEqual([]);
    harness.mayStart = true;
    harness.lanes.wake();
    expect(harness.lanes.overdue()).toEqual([]);
    harness.nowMs = 25_001;
    expect(harness.lanes.overdue()).toHaveLength(28);
  });

  it('starts nothing while it may not, and everything when it may again', () => {
    const harness = new Harness();
    harness.mayStart = false;
    harness.lanes.offer(delivery('app_1'));
    harness.lanes.offer(delivery('app_2'));
    expect(harness.started).toHaveLength(0);
    harness.mayStart = true;
    harness.lanes.wake();
    expect(harness.started).toHaveLength(2);
  });

  it('gives lanes that wait for the worker one slot each in turns', () => {
    const harness = new Harness({ concurrency: 10, young: 3 });
    for (const appId of ['app_a', 'app_b', 'app_c']) for (let n = 0; n < 4; n++) harness.lanes.offer(delivery(appId));
    expect(harness.started.map(({ appId }) => appId)).toEqual(['app_a', 'app_a', 'app_a']);
    harness.endAll();
    expect(harness.started.map(({ appId }) => appId.at(-1)).join('')).toBe('aaaabcbcbcbc');
  });

  it('lets others pass the slow requests of an endpoint, but not the endpoint itself past their bound', () => {
    const harness = new Harness({ concurrency: 2, young: 2, slow: 2 });
    for (const appId of ['app_dead', 'app_dead', 'app_dead', 'app_well']) harness.lanes.offer(delivery(appId));
    expect(harness.started.map(({ appId }) => appId)).toEqual(['app_dead', 'app_dead']);
    harness.nowMs = 101;
    harness.lanes.wake();
    expect(harness.started.map(({ appId }) => appId)).toEqual(['app_dead', 'app_dead', 'app_well']);
    harness.concurrency = 3;
    harness.lanes.resumeOne('app_dead');
    expect(harness.started).toHaveLength(3);
    harness.land(0);
    harness.record();
    expect(harness.started.map(({ appId }) => appId)).toEqual(['app_dead', 'app_dead', 'app_well', 'app_dead']);
    harness.lanes.stop();
  });

  it('gives back what had not begun when it is stopped, and lets the rest end', () => {
    const harness = new Harness();
    const offered = Array.from({ length: 5 }, () => delivery('app_1'));
    for (const each of offered) harness.lanes.offer(each);
    expect(harness.lanes.stop()).toEqual(offered.slice(2));
    harness.endAll();
    expect(harness.started).toEqual(offered.slice(0, 2));
  });
});
