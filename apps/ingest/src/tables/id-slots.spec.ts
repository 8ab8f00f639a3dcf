import { describe, expect, it } from '@jest/globals';
import { newId } from '@hookwright/contracts';
import { IdSlots, NONE } from './id-slots.ts';

describe('IdSlots', () => {
  it('finds every id again, also after growing', () => {
    const slots = new IdSlots();
    const ids = Array.from({ length: 5000 }, () => newId('ins'));
    const given = ids.map((id) => slots.add(id));
    expect(new Set(given).size).toBe(ids.length);
    expect(ids.map((id) => slots.find(id))).toEqual(given);
    expect(given.map((slot) => slots.idOf(slot))).toEqual(ids);
    expect(slots.find(newId('ins'))).toBe(NONE);
  });

  it('gives a freed slot to the next id and leaves the others where they are', () => {
    const slots = new IdSlots();
    const [first, second, third] = [slots.add('ins_1'), slots.add('ins_2'), slots.add('ins_3')];
    expect(slots.remove('ins_2')).toBe(second);
    expect(slots.remove('ins_2')).toBe(NONE);
    expect(slots.size).toBe(2);
    expect(slots.add('ins_4')).toBe(second);
    expect([slots.find('ins_1'), slots.find('ins_2'), slots.find('ins_3'), slots.find('ins_4')]).toEqual([first, NONE, third, second]);
  });

  it('survives thousands of removals within shared buckets', () => {
    const slots = new IdSlots();
    const ids = Array.from({ length: 4000 }, (_, index) => `ins_${index}`);
    for (const id of ids) slots.add(id);
    for (const id of ids.filter((_, index) => index % 2 === 0)) slots.remove(id);
    expect(ids.filter((id) => slots.find(id) !== NONE)).toEqual(ids.filter((_, index) => index % 2 === 1));
  });

  it('refuses ids the registry cannot make, and does not find them', () => {
    const slots = new IdSlots();
    expect(() => slots.add('x'.repeat(32))).toThrow(RangeError);
    expect(() => slots.add('')).toThrow(RangeError);
    expect(slots.find('ins_☃')).toBe(NONE);
    expect(slots.size).toBe(0);
  });
});
