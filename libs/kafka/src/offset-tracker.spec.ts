import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { OffsetTracker } from './offset-tracker.ts';

function taking(...offsets: number[]): OffsetTracker {
  const tracker = new OffsetTracker();
  for (const offset of offsets) tracker.take(offset);
  return tracker;
}

describe('OffsetTracker', () => {
  it('has nothing to commit before the first message is finished', () => {
    expect(new OffsetTracker().committable).toBeUndefined();
    expect(taking(5, 6).committable).toBeUndefined();
  });

  it('commits up to the first unfinished message', () => {
    const tracker = taking(5, 6, 7, 8);
    tracker.done(7);
    tracker.done(6);
    expect(tracker.committable).toBeUndefined();
    tracker.done(5);
    expect(tracker.committable).toBe(8);
    expect(tracker.unfinished).toBe(1);
  });

  it('goes over gaps, as compaction leaves them', () => {
    const tracker = taking(1, 10, 100);
    tracker.done(10);
    tracker.done(1);
    expect(tracker.committable).toBe(11);
  });

  it('takes no message twice', () => {
    const tracker = taking(5, 6);
    expect(tracker.take(6)).toBe(false);
    expect(tracker.take(5)).toBe(false);
    expect(tracker.unfinished).toBe(2);
    expect(tracker.next).toBe(7);
  });

  it('is not moved by messages that finish twice or were never taken', () => {
    const tracker = taking(5, 6);
    tracker.done(5);
    tracker.done(5);
    tracker.done(7);
    tracker.done(4);
    expect(tracker.committable).toBe(6);
    tracker.take(7);
    tracker.done(6);
    expect(tracker.committable).toBe(7);
  });

  it('takes again what was given back', () => {
    const tracker = taking(5, 6, 7);
    tracker.done(7);
    tracker.untake(6);
    expect(tracker.next).toBe(6);
    tracker.done(5);
    expect(tracker.committable).toBe(6);
    expect(tracker.take(6)).toBe(true);
    expect(tracker.take(7)).toBe(true);
    tracker.done(6);
    expect(tracker.committable).toBe(7);
  });

  it('keeps finished what was passed before its batch was given back', () => {
    const tracker = taking(5, 6);
    tracker.done(5);
    tracker.untake(5);
    expect(tracker.committable).toBe(6);
    expect(tracker.next).toBe(6);
    expect(tracker.unfinished).toBe(0);
  });

  it('waits no more for a message that was left, and commits nothing from it on', () => {
    const tracker = taking(1, 2, 3);
    tracker.leave(2);
    tracker.done(1);
    tracker.done(3);
    tracker.leave(3);
    expect([tracker.committable, tracker.unfinished]).toEqual([2, 0]);
    tracker.done(2);
    expect([tracker.committable, tracker.unfinished]).toEqual([4, 0]);
  });

  it('agrees with a plain list of messages, for any order of taking, finishing and giving back', () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ act: fc.constant('take' as const), gap: fc.integer({ min: 1, max: 3 }) }) },
      { weight: 5, arbitrary: fc.record({ act: fc.constant('done' as const), at: fc.nat(40) }) },
      { weight: 1, arbitrary: fc.record({ act: fc.constant('untake' as const), at: fc.nat(40) }) },
    );
    fc.assert(fc.property(fc.array(step, { maxLength: 3000, size: 'max' }), agreesWithList), { numRuns: 30 });
  });
});

type Step = { act: 'take'; gap: number } | { act: 'done' | 'untake'; at: number };

function agreesWithList(steps: Step[]): void {
  const tracker = new OffsetTracker();
  const list: { offset: number; done: boolean }[] = [];
  let position: number | undefined;
  for (const step of steps) {
    const newest = list.at(-1)?.offset ?? (position ?? 0) - 1;
    if (step.act === 'take') {
      list.push({ offset: newest + step.gap, done: false });
      expect(tracker.take(newest + step.gap)).toBe(true);
    } else if (step.act === 'done') {
      const message = list.at(-1 - step.at);
      if (message !== undefined) message.done = true;
      tracker.done(message?.offset ?? newest + 1 + step.at);
    } else {
      const from = list.at(-1 - step.at)?.offset ?? newest;
      list.splice(list.findIndex(({ offset }) => offset >= from) >>> 0);
      tracker.untake(from);
    }
    while (list[0]?.done === true) position = (list.shift()?.offset ?? 0) + 1;
    // expect() for each of some 100 000 steps would take longer than the steps.
    const unfinished = list.filter(({ done }) => !done).length;
    if (tracker.committable !== position || tracker.unfinished !== unfinished) {
      expect({ committable: tracker.committable, unfinished: tracker.unfinished }).toEqual({ committable: position, unfinished });
    }
  }
}
