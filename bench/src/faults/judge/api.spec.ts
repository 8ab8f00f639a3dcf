import { describe, expect, it } from '@jest/globals';
import type { ApiCall } from '../stage/api-user.ts';
import { allSucceed, answersInTime, callsIn, errorsOverAfter, statuses } from './api.ts';

const call = (status: number, atMs = 1000, tookMs = 5): ApiCall => ({ kind: 'read', merchant: '', status, atMs, tookMs });
const passed = (checks: readonly { passed: boolean }[]): boolean => checks.every((check) => check.passed);

describe('what the API answered', () => {
  it('is counted by status', () => {
    expect(statuses([call(503), call(200), call(0), call(200)])).toBe('none x 1, 200 x 2, 503 x 1');
  });

  it('is in order when every call got a 2xx or a 503 in time', () => {
    expect(passed(answersInTime('reads', [call(200), call(201), call(503, 1000, 1999)], 2000))).toBe(true);
  });

  it.each([
    ['a 500', [call(200), call(500)]],
    ['no answer', [call(200), call(0)]],
    ['one that took too long', [call(503, 1000, 2001)]],
    ['nobody who asked', []],
  ])('is not in order with %s', (_name, calls) => {
    expect(passed(answersInTime('reads', calls, 2000))).toBe(false);
  });

  it.each([
    ['all of them', [call(200), call(204)], true],
    ['not all', [call(200), call(503)], false],
    ['none at all', [], false],
  ])('has succeeded: %s', (_name, calls, succeeded) => {
    expect(allSucceed('reads', calls).passed).toBe(succeeded);
  });

  it('has errors until the last failed call ended', () => {
    const calls = [call(503, 900, 5), call(503, 2000, 500), call(200, 9000)];
    expect([errorsOverAfter(calls, 1000), errorsOverAfter([call(200)], 1000)]).toEqual([1.5, 0]);
  });

  it('can be narrowed to a period', () => {
    expect(callsIn([call(200, 999), call(201, 1000), call(202, 2000)], { fromMs: 1000, toMs: 2000 })).toEqual([call(201, 1000)]);
  });
});
