import { describe, expect, it } from '@jest/globals';
import { type Arrival, judgePairs, type AcceptedEvent } from './pairs.ts';

const event = (webhookId: string): AcceptedEvent => ({ webhookId, apps: ['app_1', 'app_2'], sentMs: 1000 });
const arrival = (appId: string, webhookId: string, change: Partial<Arrival> = {}): Arrival => {
  const atMs = change.atMs ?? 1010;
  return { appId, webhookId, atMs, answeredMs: atMs + 5, status: 200, ...change };
};

describe('judgePairs', () => {
  it('counts a pair per event and app, and says when the last one arrived', () => {
    const arrivals = [arrival('app_1', 'evt_1'), arrival('app_2', 'evt_1', { atMs: 1042 })];
    expect(judgePairs([event('evt_1')], arrivals)).toEqual({
      expected: 2,
      arrived: 2,
      lost: 0,
      dup: 0,
      dupShare: 0,
      unexpected: 0,
      lastFirstArrivalMs: 1042,
    });
  });

  it('counts a pair that was never seen as lost, and one that failed every time as seen', () => {
    expect(judgePairs([event('evt_1')], [arrival('app_1', 'evt_1', { status: 500 })])).toMatchObject({ arrived: 1, lost: 1 });
  });

  it('expects an event that was published several times once', () => {
    expect(judgePairs([event('evt_1'), event('evt_1')], [])).toMatchObject({ expected: 2, lost: 2 });
  });

  it('wonders at an id that nobody sent, and at an app that had no business with it', () => {
    const arrivals = [arrival('app_1', 'evt_9'), arrival('app_9', 'evt_1')];
    expect(judgePairs([event('evt_1')], arrivals)).toMatchObject({ unexpected: 2 });
  });

  it.each([
    ['after a 200', [{}, { atMs: 2000 }], 1],
    ['twice after a 204', [{ status: 204 }, { atMs: 2000 }, { atMs: 3000 }], 2],
    ['after a 500', [{ status: 500 }, { atMs: 2000 }], 0],
    ['after an answer nobody read', [{ answeredMs: Number.NaN }, { atMs: 2000 }], 0],
    ['while the first was being answered', [{ answeredMs: 2500 }, { atMs: 2000 }], 0],
    ['after a 200, whatever their order in the log', [{ atMs: 2000 }, {}], 1],
  ] satisfies [string, Partial<Arrival>[], number][])('counts as dup what comes again %s', (_name, requests, dup) => {
    const arrivals = requests.map((change) => arrival('app_1', 'evt_1', change));
    expect(judgePairs([event('evt_1')], arrivals)).toMatchObject({ dup, dupShare: dup / 2 });
  });
});
