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
