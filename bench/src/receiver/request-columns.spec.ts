import { describe, expect, it } from '@jest/globals';
import { RequestColumns } from './request-columns.ts';

const arrived = (appId: string, webhookId: string, atMs = 1) => ({ path: '/', appId, webhookId, attempt: 1, atMs });

describe('RequestColumns', () => {
  it('counts requests, and each pair of app and event once', () => {
    const columns = new RequestColumns();
    for (const pair of [arrived('app_1', 'a'), arrived('app_2', 'a'), arrived('app_1', 'a', 7)]) columns.add(pair);
    expect([columns.size, columns.pairs, columns.lastAtMs]).toEqual([3, 2, 7]);
  });

  it('tells a part of what came, with what was answered', () => {
    const columns = new RequestColumns();
    columns.add(arrived('app_1', 'a'));
    columns.answered(columns.add(arrived('app_1', 'b', 2)), 503, 3);
    expect(columns.slice(1, 10)).toEqual({
      paths: ['/'],
      appIds: ['app_1'],
      webhookIds: ['b'],
      atMs: [2],
      answeredMs: [3],
      statuses: [503],
      attempts: [1],
      types: [''],
      merchants: [''],
    });
    expect(columns.slice(0, 1)).toMatchObject({ statuses: [0], answeredMs: [Number.NaN] });
  });

  it('keeps what an event was about when it is told', () => {
    const columns = new RequestColumns();
    columns.add({ ...arrived('app_1', 'a'), type: 'order.created', merchant: 'mer_1' });
    expect(columns.slice(0, 1)).toMatchObject({ types: ['order.created'], merchants: ['mer_1'] });
  });

  it('wakes who waits for a number of pairs', async () => {
    const columns = new RequestColumns();
    const waited = columns.whenPairs(2, 60_000);
    columns.add(arrived('app_1', 'a'));
    columns.add(arrived('app_1', 'a'));
    columns.add(arrived('app_1', 'b'));
    await expect(waited).resolves.toBeUndefined();
  });

  it('does not wait longer than it may', async () => {
    await expect(new RequestColumns().whenPairs(1, 1)).resolves.toBeUndefined();
  });
});
