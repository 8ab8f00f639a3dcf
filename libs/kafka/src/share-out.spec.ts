import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Assignment, type Claimant, shareOut } from './share-out.ts';

const upTo = (count: number): number[] => Array.from({ length: count }, (_, partition) => partition);
const topics = (counts: Record<string, number>): Map<string, number[]> =>
  new Map(Object.entries(counts).map(([topic, count]) => [topic, upTo(count)]));
const member = (memberId: string, claims: Assignment, ...names: string[]): Claimant => ({ memberId, claims, topics: names });
const sizes = (shared: Map<string, Assignment>): number[] =>
  [...shared.values()].map((assignment) => Object.values(assignment).flat().length);

/** Rounds until nothing moves any more: each member claims what it was given. */
function settle(members: readonly Claimant[], partitions: Map<string, number[]>): { shared: Map<string, Assignment>; rounds: number } {
  let shared = shareOut(members, partitions);
  for (let rounds = 1; ; rounds++) {
    const next = shareOut(
      members.map((one) => ({ ...one, claims: shared.get(one.memberId) ?? {} })),
      partitions,
    );
    if (JSON.stringify([...next]) === JSON.stringify([...shared])) return { shared, rounds };
    shared = next;
  }
}

describe('shareOut', () => {
  it('gives a lone member everything', () => {
    expect(shareOut([member('a', {}, 'orders')], topics({ orders: 3 }))).toEqual(new Map([['a', { orders: [0, 1, 2] }]]));
  });

  it('gives what has to move to nobody, and everything else to who has it', () => {
    const members = [member('a', { orders: [0, 1, 2, 3, 4, 5] }, 'orders'), member('b', {}, 'orders')];
    const first = shareOut(members, topics({ orders: 6 }));
    expect(first).toEqual(new Map<string, Assignment>([['a', { orders: [0, 1, 2] }], ['b', {}]])); // prettier-ignore
    const second = shareOut([member('a', { orders: [0, 1, 2] }, 'orders'), member('b', {}, 'orders')], topics({ orders: 6 }));
    expect(second.get('b')).toEqual({ orders: [3, 4, 5] });
  });

  it('gives what a member that is gone had to the others at once', () => {
    const members = [member('b', { orders: [2, 3] }, 'orders'), member('c', { orders: [4, 5] }, 'orders')];
    const shared = shareOut(members, topics({ orders: 6 }));
    expect(shared).toEqual(new Map<string, Assignment>([['b', { orders: [2, 3, 0] }], ['c', { orders: [4, 5, 1] }]])); // prettier-ignore
  });

  it('takes new partitions of a topic in without moving an old one', () => {
    const members = [member('a', { orders: [0, 1, 2] }, 'orders'), member('b', { orders: [3, 4, 5] }, 'orders')];
    const shared = shareOut(members, topics({ orders: 12 }));
    expect(shared.get('a')?.['orders']).toEqual(expect.arrayContaining([0, 1, 2]));
    expect(shared.get('b')?.['orders']).toEqual(expect.arrayContaining([3, 4, 5]));
    expect(sizes(shared)).toEqual([6, 6]);
  });

  it('gives what two members claim to neither of them', () => {
    const members = [member('a', { orders: [0, 1] }, 'orders'), member('b', { orders: [1] }, 'orders')];
    expect(shareOut(members, topics({ orders: 2 }))).toEqual(new Map<string, Assignment>([['a', { orders: [0] }], ['b', {}]])); // prettier-ignore
  });

  it('gives a topic only to those who take it', () => {
    const members = [member('a', {}, 'orders', 'refunds'), member('b', {}, 'orders')];
    const shared = shareOut(members, topics({ orders: 2, refunds: 2 }));
    expect(shared.get('b')).not.toHaveProperty('refunds');
    expect(shared.get('a')?.['refunds']).toEqual([0, 1]);
  });

  it('spreads topics of one partition each over the members', () => {
    const members = [member('a', { one: [0], two: [0], three: [0] }, 'one', 'two', 'three'), member('b', {}, 'one', 'two', 'three')];
    expect(sizes(settle(members, topics({ one: 1, two: 1, three: 1 })).shared).sort()).toEqual([1, 2]);
  });

  it('settles within a few rounds on shares that are even in each topic and in all, and moves nothing that need not', () => {
    const counts = fc.dictionary(fc.constantFrom('one', 'two', 'three'), fc.integer({ min: 1, max: 9 }), {
      minKeys: 1,
      noNullPrototype: true,
    });
    fc.assert(
      fc.property(counts, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }), (byName, before, after) => {
        const partitions = topics(byName);
        const group = (size: number, claims?: Map<string, Assignment>): Claimant[] =>
          upTo(size).map((n) => member(`m${n}`, claims?.get(`m${n}`) ?? {}, ...partitions.keys()));
        const { shared: old } = settle(group(before), partitions);
        const { shared, rounds } = settle(group(after, old), partitions);
        expect(rounds).toBeLessThanOrEqual(4);
        const all = [...shared].flatMap(([, assignment]) => Object.entries(assignment).flatMap(([t, ps]) => ps.map((p) => `${t}/${p}`)));
        expect(all.toSorted()).toEqual([...partitions].flatMap(([t, ps]) => ps.map((p) => `${t}/${p}`)).toSorted());
        expect(Math.max(...sizes(shared)) - Math.min(...sizes(shared))).toBeLessThanOrEqual(1);
        for (const topic of partitions.keys()) {
          const each = [...shared.values()].map((assignment) => assignment[topic]?.length ?? 0);
          expect(Math.max(...each) - Math.min(...each)).toBeLessThanOrEqual(1);
        }
        if (before === after) expect(shared).toEqual(old);
      }),
    );
  });
});
