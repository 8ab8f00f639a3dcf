import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Breakers } from './breakers.ts';

const APP = 'app_1';
const ok = (): Promise<boolean> => Promise.resolve(true);
const bad = (): Promise<boolean> => Promise.resolve(false);
const isFailure = (result: boolean): boolean => !result;

let states: string[];
let breakers: Breakers;

async function attempts(count: number, attempt: () => Promise<boolean>): Promise<(boolean | undefined)[]> {
  const results: (boolean | undefined)[] = [];
  for (let n = 0; n < count; n++) results.push(await breakers.through(APP, attempt, isFailure));
  return results;
}

beforeEach(() => {
  jest.useFakeTimers();
  states = [];
  breakers = new Breakers({
    windowMs: 10_000,
    calls: 20,
    probeEveryMs: 30_000,
    onTransition: ({ state }) => states.push(state),
    mostBreakers: 2,
  });
});

afterEach(() => {
  breakers.stop();
  jest.useRealTimers();
});

describe('Breakers', () => {
  it('opens after 20 attempts of which half failed, and then lets nothing through', async () => {
    await attempts(1, bad);
    await attempts(9, ok);
    await attempts(9, bad);
    expect(breakers.isOpen(APP)).toBe(false);
    await attempts(1, bad);
    expect([breakers.isOpen(APP), states]).toEqual([true, ['open']]);
    expect(await attempts(2, ok)).toEqual([undefined, undefined]);
  });

  it('stays closed below half', async () => {
    for (let n = 0; n < 30; n++) await attempts(1, n % 3 === 0 ? bad : ok);
    expect(breakers.isOpen(APP)).toBe(false);
  });

  it('lets one probe through every 30 s, closes when it succeeds, opens again when not', async () => {
    await attempts(20, bad);
    await jest.advanceTimersByTimeAsync(30_000);
    expect([breakers.isOpen(APP), breakers.isProbing(APP)]).toEqual([false, true]);
    const gate = Promise.withResolvers<boolean>();
    const probe = breakers.through(APP, () => gate.promise, isFailure);
    expect(breakers.isOpen(APP)).toBe(true);
    expect(await breakers.through(APP, ok, isFailure)).toBeUndefined();
    gate.resolve(false);
    expect(await probe).toBe(false);
    expect(breakers.isOpen(APP)).toBe(true);

    await jest.advanceTimersByTimeAsync(30_000);
    expect(await attempts(2, ok)).toEqual([true, true]);
    expect(states).toEqual(['open', 'half_open', 'open', 'half_open', 'closed']);
  });

  it('forgets failures after the window, and then the breaker itself', async () => {
    await attempts(19, bad);
    await jest.advanceTimersByTimeAsync(21_000);
    await attempts(19, bad);
    expect(breakers.isOpen(APP)).toBe(false);
  });

  it('has a bound, beyond which endpoints go without', async () => {
    for (const appId of ['app_a', 'app_b', 'app_c']) for (let n = 0; n < 25; n++) await breakers.through(appId, bad, isFailure);
    expect(breakers.openCount).toBe(2);
    expect(breakers.isOpen('app_c')).toBe(false);
  });

  it('opens as told by others, without telling them again, and not while it probes', async () => {
    breakers.openAsTold(APP);
    expect(breakers.isOpen(APP)).toBe(true);
    await jest.advanceTimersByTimeAsync(30_000);
    breakers.openAsTold(APP);
    expect(breakers.isProbing(APP)).toBe(true);
    breakers.forget(APP);
    expect(await attempts(1, ok)).toEqual([true]);
  });

  it('throws what the attempt throws', async () => {
    await expect(breakers.through(APP, () => Promise.reject(new TypeError('a bug')), isFailure)).rejects.toThrow('a bug');
  });
});
