import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';
import { installRequestQueue } from './request-queue.ts';

beforeEach(() => {
  jest.useFakeTimers();
  installRequestQueue();
});

afterEach(() => void jest.useRealTimers());

it('looks after a connection’s requests only while some wait', () => {
  const queue = new RequestQueue({ maxInFlightRequests: 0, requestTimeout: 1000, enforceRequestTimeout: false });
  queue.scheduleCheckPendingRequests();
  expect(jest.getTimerCount()).toBe(0);
  queue.pending.push({});
  queue.scheduleCheckPendingRequests();
  expect(jest.getTimerCount()).toBe(1);
});
