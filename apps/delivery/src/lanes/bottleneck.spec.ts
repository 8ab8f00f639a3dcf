import { describe, expect, it } from '@jest/globals';
import { type LaneStanding, type WorkerStanding, isEndpointTheBottleneck } from './bottleneck.ts';

const IDLE: WorkerStanding = { free: 4000, bound: 4000, perSecond: 0, isBusy: false };
const BUSY: WorkerStanding = { free: 40, bound: 4000, perSecond: 10_000, isBusy: true };
const LANE: LaneStanding = { queued: 0, perSecond: 0, isAtItsLimit: true };

describe('isEndpointTheBottleneck', () => {
  it.each<[string, boolean, Partial<LaneStanding>, Partial<WorkerStanding>]>([
    ['nothing waits in the lane', false, {}, {}],
    ['little waits, though the worker is full and nothing comes back', false, { queued: 19 }, { free: 0 }],
    ['an eighth of the room is not taken yet, though nothing comes back', false, { queued: 499 }, {}],
    ['an eighth of the room is taken and nothing comes back: a dead endpoint', true, { queued: 500 }, {}],
    ['a dead endpoint, when a hundred others have left little room', true, { queued: 37 }, { free: 290 }],
    ['it empties within two seconds, though it has all the room', false, { queued: 3900, perSecond: 2000 }, { free: 0 }],
    ['it takes longer than two seconds', true, { queued: 600, perSecond: 200 }, {}],
    ['nothing is known of it yet', false, { queued: 3900, perSecond: Infinity }, { free: 0 }],
    ['it waits for the worker, not for its endpoint', false, { queued: 3000, isAtItsLimit: false }, {}],
  ])('of a worker at ease: %s', (_name, expected, lane, worker) => {
    expect(isEndpointTheBottleneck({ ...LANE, ...lane }, { ...IDLE, ...worker })).toBe(expected);
  });

  it.each<[string, boolean, Partial<LaneStanding>, Partial<WorkerStanding>]>([
    ['one app alone has all there is, however slow the machine', false, { queued: 3960, perSecond: 300 }, { perSecond: 300 }],
    ['ten apps have a tenth each', false, { queued: 396, perSecond: 1000 }, {}],
    ['one that would take two seconds by itself is slowed down by the worker', false, { queued: 396, perSecond: 150 }, {}],
    ['one that takes longer than two seconds and two turns of the worker', true, { queued: 396, perSecond: 130 }, {}],
    ['a dead endpoint', true, { queued: 20 }, {}],
    ['nothing has come back yet at all', false, { queued: 100 }, { perSecond: 0 }],
  ])('of a busy worker: %s', (_name, expected, lane, worker) => {
    expect(isEndpointTheBottleneck({ ...LANE, ...lane }, { ...BUSY, ...worker })).toBe(expected);
  });
});
