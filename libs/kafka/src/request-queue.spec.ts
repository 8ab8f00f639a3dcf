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

it('lets go of what an answered request holds', () => {
  const queue = new RequestQueue({ maxInFlightRequests: 1, requestTimeout: 1000, enforceRequestTimeout: false });
  const request = { entry: {}, sendRequest: () => undefined, completed: jest.fn() };
  queue.inflight.set(7, request);
  queue.fulfillRequest({ correlationId: 7 });
  expect(request.completed).toHaveBeenCalled();
  expect(request).toMatchObject({ entry: undefined, sendRequest: undefined });
});
