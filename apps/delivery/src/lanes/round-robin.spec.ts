import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RoundRobin } from './round-robin.ts';

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
