import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { NONE } from './id-slots.ts';
import { PlaceBlocks } from './place-blocks.ts';

function valuesOf(blocks: PlaceBlocks, block: number): number[] {
  const values: number[] = [];
  for (let place = blocks.firstOf(block); place !== NONE; place = blocks.after(place)) values.push(blocks.field(place, 3));
  return values.sort((a, b) => a - b);
}

describe('PlaceBlocks', () => {
  it('holds what lists would, whatever is added and removed', () => {
    const change = fc.record({ block: fc.nat(5), value: fc.nat(300), isRemoval: fc.boolean() });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 2000 }), (changes) => {
        const blocks = new PlaceBlocks();
        const model = Array.from({ length: 6 }, () => new Set<number>());
        for (const _ of model) blocks.addBlock();
        for (const { block, value, isRemoval } of changes) {
          const values = model[block];
          if (isRemoval) {
            blocks.remove(block, { field: 3, value });
            values?.delete(value);
          } else if (values?.has(value) === false) {
            blocks.add(block, [0, 1, 2, value]);
            values.add(value);
          }
        }
        for (const [block, values] of model.entries()) expect(valuesOf(blocks, block)).toEqual([...values].sort((a, b) => a - b));
      }),
    );
  });

  it('keeps blocks apart when thousands of them grow by turns and all are moved together', () => {
    const blocks = new PlaceBlocks();
    const numbers = Array.from({ length: 6000 }, () => blocks.addBlock());
    for (let round = 0; round < 12; round++) for (const block of numbers) blocks.add(block, [block, 0, 0, round]);
    const all = Array.from({ length: 12 }, (_, round) => round);
    expect(numbers.every((block) => valuesOf(blocks, block).join() === all.join())).toBe(true);
    expect(numbers.every((block) => blocks.field(blocks.firstOf(block), 0) === block)).toBe(true);
  });
});
