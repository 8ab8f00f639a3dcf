import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import { EventSchema } from '@hookwright/contracts';
import fc from 'fast-check';
import type { Delivery } from '../expansion/delivery.ts';
import { Lanes } from './lanes.ts';
import { RoundRobin } from './round-robin.ts';

let serial = 0;

function delivery(appId: string, merchantId = 'mer_1', origin: Delivery['origin'] = 'live'): Delivery {
  const source = { event: create(EventSchema, { merchantId }), eventBytes: Buffer.alloc(0), data: Buffer.alloc(0) };
  const id = `dlv_${serial++}`;
  return {
    id,
    appId,
    installationId: '',
    generation: 1,
    source,
    createdAtMs: 0,
    trigger: 'event',
    attemptCount: 0,
    style: undefined,
    origin,
  };
}

/** Lanes whose requests end when the test says so. */
class Harness {
  readonly started: Delivery[] = [];
  readonly parkedDone: string[] = [];
  mayStart = true;
  concurrency = 2;
  readonly lanes: Lanes;
  private readonly open: { readonly delivery: Delivery; readonly end: () => void }[] = [];

  constructor(queueBound: number) {
    this.lanes = new Lanes({
      queueBound,
      concurrencyOf: () => this.concurrency,
      mayStart: () => this.mayStart,
      onParkedDone: (appId) => this.parkedDone.push(appId),
      deliver: (started) => {
        this.started.push(started);
        return new Promise((resolve) => this.open.push({ delivery: started, end: resolve }));
      },
    });
  }

  flying(appId: string): number {
    return this.open.filter(({ delivery: { appId: app } }) => app === appId).length;
  }

  async end(at = 0): Promise<void> {
    this.open.splice(at % this.open.length, 1)[0]?.end();
    // The lane hears of it two microtasks later: after `deliver` and after its `finally`.
    for (let turn = 0; turn < 3; turn++) await Promise.resolve();
  }

  async endAll(): Promise<void> {
    while (this.open.length > 0) await this.end();
  }
}

describe('Lanes', () => {
  it('keeps both bounds, loses nothing, and leaves nothing behind, for any order of arrivals and ends', async () => {
    const step = fc.oneof(fc.record({ app: fc.integer({ min: 0, max: 2 }), merchant: fc.integer({ min: 0, max: 3 }) }), fc.nat(50));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 120 }), async (steps) => {
        const harness = new Harness(5);
        const taken: Delivery[] = [];
        for (const next of steps) {
          if (typeof next === 'number') await harness.end(next);
          else {
            const offered = delivery(`app_${next.app}`, `mer_${next.merchant}`);
            const queued =
              taken.filter(({ appId }) => appId === offered.appId).length -
              harness.started.filter(({ appId }) => appId === offered.appId).length;
            expect(harness.lanes.offer(offered)).toBe(queued < 5);
            if (queued < 5) taken.push(offered);
          }
          for (const appId of ['app_0', 'app_1', 'app_2']) expect(harness.flying(appId)).toBeLessThanOrEqual(2);
        }
        await harness.endAll();
        expect(new Set(harness.started)).toEqual(new Set(taken));
        expect([harness.lanes.size, harness.lanes.inFlight]).toEqual([0, 0]);
      }),
      { numRuns: 200 },
    );
  });

  it('serves the merchants of an app in turns', async () => {
    const harness = new Harness(1000);
    harness.concurrency = 1;
    for (let n = 0; n < 100; n++) harness.lanes.offer(delivery('app_1', 'mer_busy'));
    harness.lanes.offer(delivery('app_1', 'mer_calm'));
    for (let n = 0; n < 3; n++) await harness.end();
    expect(harness.started.map(({ source }) => source.event.merchantId)).toContain('mer_calm');
    await harness.endAll();
  });

  it('lets parked and live deliveries of a lane take turns', async () => {
    const harness = new Harness(1000);
    harness.concurrency = 1;
    for (const origin of ['live', 'live', 'live', 'parked', 'parked', 'parked'] as const)
      harness.lanes.offer(delivery('app_1', 'mer_1', origin));
    await harness.endAll();
    expect(harness.started.map(({ origin }) => origin)).toEqual(['live', 'parked', 'live', 'parked', 'live', 'parked']);
  });

  it('takes parked deliveries into a full lane, has room for some to follow, and tells when they are done', async () => {
    const harness = new Harness(1);
    expect(harness.lanes.roomFor('app_1')).toBe(22);
    for (let n = 0; n < 3; n++) harness.lanes.offer(delivery('app_1'));
    expect(harness.lanes.offer(delivery('app_1'))).toBe(false);
    expect(harness.lanes.offer(delivery('app_1', 'mer_1', 'parked'))).toBe(true);
    expect(harness.lanes.roomFor('app_1')).toBe(19);
    harness.concurrency = 30;
    expect(harness.lanes.roomFor('app_1')).toBe(57);
    harness.concurrency = 2;
    await harness.endAll();
    expect(harness.parkedDone).toEqual(['app_1']);
  });

  it('starts nothing while it may not, and everything when it may again', async () => {
    const harness = new Harness(10);
    harness.mayStart = false;
    harness.lanes.offer(delivery('app_1'));
    harness.lanes.offer(delivery('app_2'));
    expect(harness.started).toHaveLength(0);
    harness.mayStart = true;
    harness.lanes.resume();
    expect(harness.started).toHaveLength(2);
    await harness.endAll();
  });

  it('gives back what had not begun when it is stopped, and lets the rest end', async () => {
    const harness = new Harness(10);
    const offered = Array.from({ length: 5 }, () => delivery('app_1'));
    for (const each of offered) harness.lanes.offer(each);
    expect(harness.lanes.stop()).toEqual(offered.slice(2));
    await harness.endAll();
    expect(harness.started).toEqual(offered.slice(0, 2));
  });
});

describe('RoundRobin', () => {
  it('gives every group one turn before any has a second, and each group its own order, like lists would', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constant('shift' as const), fc.integer({ min: 0, max: 3 })), { maxLength: 300 }), (steps) => {
        const queue = new RoundRobin<number>();
        const model: { group: string; items: number[] }[] = [];
        for (const [at, next] of steps.entries()) {
          if (next === 'shift') {
            const turn = model.shift();
            expect(queue.shift()).toBe(turn?.items.shift());
            if (turn !== undefined && turn.items.length > 0) model.push(turn);
            continue;
          }
          const group = String(next);
          queue.push(group, at);
          const known = model.find((each) => each.group === group);
          if (known === undefined) model.push({ group, items: [at] });
          else known.items.push(at);
        }
        expect(queue.size).toBe(model.flatMap(({ items }) => items).length);
        expect(queue.drain()).toEqual(model.flatMap(({ items }) => items));
      }),
    );
  });
});
