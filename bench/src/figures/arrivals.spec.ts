import { describe, expect, it } from '@jest/globals';
import type { PublishedEvent } from '../load/publisher.ts';
import type { ReceivedRequest } from '../receiver/receiver.ts';
import { compareArrivals } from './arrivals.ts';

const event = (id: string, merchant: string, sentMs: number): PublishedEvent => ({
  id,
  webhookId: `evt_${id}`,
  merchant,
  sentMs,
  ackedMs: sentMs + 1,
});
const request = (appId: string, id: string, atMs: number, status = 200): ReceivedRequest => ({
  path: '/',
  appId,
  webhookId: `evt_${id}`,
  atMs,
  answeredMs: atMs,
  status,
  attempt: 1,
  type: '',
  merchant: '',
});

const apps = [
  { id: 'app_1', merchants: ['mer_1', 'mer_2'] },
  { id: 'app_2', merchants: ['mer_1'] },
];
const events = [event('a', 'mer_1', 100), event('b', 'mer_2', 110), event('c', 'mer_3', 120)];

describe('compareArrivals', () => {
  it('expects each event at the apps that its merchant installed, and nowhere else', () => {
    const requests = [request('app_1', 'a', 105), request('app_2', 'a', 109), request('app_1', 'b', 112)];
    expect(compareArrivals(events, apps, requests)).toEqual({
      delivered: 3,
      lost: 0,
      repeated: 0,
      unexpected: 0,
      latenciesMs: [5, 9, 2],
      elapsedMs: 12,
    });
  });

  it('counts what never came as lost', () => {
    expect(compareArrivals(events, apps, [request('app_1', 'b', 112)])).toMatchObject({ delivered: 1, lost: 2 });
  });

  it('counts a request after a 2xx as repeated, and one after a failure as a retry', () => {
    const requests = [request('app_1', 'b', 112, 500), request('app_1', 'b', 142), request('app_1', 'b', 150)];
    expect(compareArrivals(events, apps, requests)).toMatchObject({ delivered: 1, repeated: 1, latenciesMs: [2] });
  });

  it('counts a request that was not to be made', () => {
    expect(compareArrivals(events, apps, [request('app_2', 'b', 112)])).toMatchObject({ delivered: 0, unexpected: 1, lost: 3 });
  });
});
