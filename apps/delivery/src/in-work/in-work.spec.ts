import { describe, expect, it } from '@jest/globals';
import { type End, InWork } from './in-work.ts';

function stay(ends: End[] = [], bytes = 1): { bytes: number; onEnd: (end: End) => void; isOurs: () => boolean } {
  return { bytes, onEnd: (end) => ends.push(end), isOurs: () => true };
}

describe('InWork', () => {
  it('lets copies of a delivery share the fate of the first', () => {
    const inWork = new InWork({ deliveries: 10, bytes: 10 });
    const ends: End[] = [];
    expect([inWork.take('dlv_1', stay(ends)), inWork.take('dlv_1', stay(ends)), inWork.take('dlv_1', stay(ends))]).toEqual([
      true,
      false,
      false,
    ]);
    expect(inWork.size).toBe(1);
    inWork.end('dlv_1', 'recorded');
    expect(ends).toEqual(['recorded', 'recorded', 'recorded']);
    expect(inWork.take('dlv_1', stay())).toBe(true);
  });

  it('lets a copy that is still ours take the place of a first that was left, and the other copies stay with it', () => {
    const inWork = new InWork({ deliveries: 10, bytes: 10 });
    const ends: string[] = [];
    const copy = (name: string, isOurs: boolean) => ({
      bytes: 1,
      isOurs: () => isOurs,
      onEnd: (end: End) => ends.push(`${name} ${end}`),
      begin: () => ends.push(`${name} begins`),
    });
    inWork.take('dlv_1', copy('moved away', false));
    for (const [name, isOurs] of [
      ['moved too', false],
      ['back', true],
      ['twice', true],
    ] as const)
      inWork.take('dlv_1', copy(name, isOurs));
    inWork.end('dlv_1', 'left');
    expect(ends).toEqual(['moved away left', 'back begins']);
    expect([inWork.size, inWork.isOurs('dlv_1')]).toEqual([1, true]);
    inWork.end('dlv_1', 'recorded');
    expect(ends.slice(2)).toEqual(['back recorded', 'moved too recorded', 'twice recorded']);
    expect([inWork.size, inWork.freeBytes]).toEqual([0, 10]);
  });

  it('leaves the copies too when it is closed, or when none can begin', () => {
    const inWork = new InWork({ deliveries: 10, bytes: 10 });
    const ends: End[] = [];
    for (let n = 0; n < 2; n++) inWork.take('dlv_1', stay(ends));
    inWork.end('dlv_1', 'left');
    for (let n = 0; n < 2; n++) inWork.take('dlv_2', { ...stay(ends), begin: () => expect(true).toBe(false) });
    inWork.close();
    inWork.end('dlv_2', 'left');
    expect(ends).toEqual(['left', 'left', 'left', 'left']);
    expect(inWork.size).toBe(0);
  });

  it('lets the next in only when the one before has taken what it came for, however much ends in one go', async () => {
    const inWork = new InWork({ deliveries: 2, bytes: 100 });
    const { signal } = new AbortController();
    for (const id of ['dlv_1', 'dlv_2']) inWork.take(id, stay());
    let entered = 0;
    const waiting = ['a', 'b', 'c'].map(async (name) => {
      await inWork.room(signal);
      entered++;
      for (let n = 0; n < 2; n++) inWork.take(`${name}${n}`, stay());
    });
    for (const id of ['dlv_1', 'dlv_2']) inWork.end(id, 'recorded');
    await new Promise((resolve) => setImmediate(resolve));
    expect([entered, inWork.size]).toEqual([1, 2]);
    for (const name of ['a', 'b', 'c']) {
      for (let n = 0; n < 2; n++) inWork.end(`${name}${n}`, 'recorded');
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(waiting);
    expect(entered).toBe(3);
  });

  it('has no room at either bound, and lets one in for each that ends', async () => {
    const inWork = new InWork({ deliveries: 2, bytes: 100 });
    const { signal } = new AbortController();
    inWork.take('dlv_1', stay());
    await inWork.room(signal);
    inWork.take('dlv_2', stay());
    const entered: number[] = [];
    const waiting = [1, 2].map((n) => inWork.room(signal).then(() => entered.push(n)));
    await Promise.resolve();
    expect(entered).toEqual([]);
    inWork.end('dlv_1', 'recorded');
    await waiting[0];
    expect(entered).toEqual([1]);
    inWork.end('dlv_2', 'recorded');
    await Promise.all(waiting);

    inWork.take('dlv_3', stay([], 100));
    expect(inWork.free).toBe(0);
  });

  it('lets everybody go who waits when waiting has become pointless', async () => {
    const inWork = new InWork({ deliveries: 1, bytes: 100 });
    inWork.take('dlv_1', stay());
    const abort = new AbortController();
    const waiting = inWork.room(abort.signal);
    abort.abort();
    await expect(waiting).resolves.toBeUndefined();
  });

  it('is empty when all have ended', async () => {
    const inWork = new InWork({ deliveries: 1, bytes: 100 });
    await inWork.empty();
    inWork.take('dlv_1', stay());
    const empty = inWork.empty();
    inWork.end('dlv_1', 'left');
    inWork.end('dlv_1', 'left');
    await expect(empty).resolves.toBeUndefined();
    expect(inWork.free).toBe(1);
  });
});
