import { describe, expect, it } from '@jest/globals';
import { requestsAfterEnd } from './ended.ts';

const request = (atMs: number, merchant = 'mer_1', type = 'order.created') => ({ appId: 'app_1', merchant, type, atMs });

describe('requestsAfterEnd', () => {
  it.each([
    ['within the time', request(2000), 0],
    ['later', request(2001), 1],
    ['later, of another merchant', request(2001, 'mer_2'), 0],
    ['later, telling of the end', request(2001, 'mer_1', 'partner_app.install.revoked'), 0],
    ['later, telling of something else', request(2001, 'mer_1', 'partner_app.install.created'), 1],
  ])('judges what came %s', (_when, one, count) => {
    expect(requestsAfterEnd([one], [{ appId: 'app_1', merchant: 'mer_1', answeredMs: 1000 }], 1000)).toBe(count);
  });

  it('takes an app that ended for all of its merchants', () => {
    expect(requestsAfterEnd([request(2001), request(2001, 'mer_2')], [{ appId: 'app_1', answeredMs: 1000 }], 1000)).toBe(2);
  });
});
