import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { BreakerState, Verdict } from './breaker-state.ts';
import { Breakers } from './breakers.ts';
import type { ProbeClaim } from './open-circuit.ts';

const APP = 'app_1';
const PROBE_MS = 30_000;
const judge = (result: Verdict): Verdict => result;
const ok = (): Promise<Verdict> => Promise.resolve('well');
const bad = (): Promise<Verdict> => Promise.resolve('failed');
const hanging = (): Promise<Verdict> => Promise.resolve('timed_out');
const told = { appId: APP, reason: 'failure_rate', openForMs: 5000, probeInMs: 12_000 } as const;

let states: BreakerState[];
let claims: string[];
let claim: () => Promise<ProbeClaim>;
let breakers: Breakers;

/** As deliver.ts does: past the gate, then through. */
async function attempt(make: () => Promise<Verdict>, appId = APP): Promise<Verdict | undefined> {
  const gate = breakers.gate(appId);
  if (gate !== undefined && !(await gate)) return undefined;
  return await breakers.through(appId, make, judge);
}

async function attempts(count: number, make: () => Promise<Verdict>): Promise<(Verdict | undefined)[]> {
  const results: (Verdict | undefined)[] = [];
  for (let n = 0; n < count; n++) results.push(await attempt(make));
  return results;
}

beforeEach(() => {
  jest.useFakeTimers();
  states = [];
  claims = [];
  claim = () => Promise.resolve({ granted: true });
  breakers = new Breakers({
    windowMs: 10_000,
    calls: 20,
    timeouts: 5,
    probeEveryMs: PROBE_MS,
    claimProbe: (appId) => {
      claims.push(appId);
      return claim();
    },
    onTransition: (state) => states.push(state),
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
    expect(breakers.describe(APP)).toMatchObject({ state: 'open', reason: 'failure_rate', openForMs: 0, probeInMs: PROBE_MS });
    expect(await attempts(2, ok)).toEqual([undefined, undefined]);
    expect(claims).toEqual([]);
  });

  it('stays closed below half', async () => {
    for (let n = 0; n < 30; n++) await attempts(1, n % 3 === 0 ? bad : ok);
    expect(breakers.isOpen(APP)).toBe(false);
  });

  it('opens after 5 timeouts in a row, however slowly they come, and not when one attempt was well in between', async () => {
    for (let n = 0; n < 8; n++) await attempts(1, n === 3 ? ok : hanging);
    expect(breakers.isOpen(APP)).toBe(false);
    await jest.advanceTimersByTimeAsync(60_000);
    await attempts(1, hanging);
    expect(breakers.describe(APP)).toMatchObject({ state: 'open', reason: 'timeouts' });
  });

  it('lets one probe through every 30 s, closes when it succeeds, opens again when not', async () => {
    await attempts(20, bad);
    await jest.advanceTimersByTimeAsync(PROBE_MS);
    expect([breakers.isOpen(APP), breakers.isProbing(APP)]).toEqual([false, true]);
    const gate = Promise.withResolvers<Verdict>();
    const probe = attempt(() => gate.promise);
    expect(await attempt(ok)).toBeUndefined();
    expect([breakers.isOpen(APP), breakers.describe(APP)?.state]).toEqual([true, 'half_open']);
    await jest.advanceTimersByTimeAsync(10_000);
    gate.resolve('timed_out');
    expect(await probe).toBe('timed_out');
    expect(breakers.isOpen(APP)).toBe(true);

    // 30 s after the last probe began, and a little.
    await jest.advanceTimersByTimeAsync(PROBE_MS - 10_000 + 600);
    expect(await attempts(2, ok)).toEqual(['well', 'well']);
    expect(states).toEqual(['open', 'half_open', 'open', 'half_open', 'closed']);
    expect(claims).toHaveLength(2);
  });

  it('sends no probe while another worker does, and asks again when that one’s time is over', async () => {
    await attempts(20, bad);
    await jest.advanceTimersByTimeAsync(PROBE_MS);
    claim = () => Promise.resolve({ granted: false, againInMs: 7000 });
    expect(await attempt(ok)).toBeUndefined();
    expect(breakers.isOpen(APP)).toBe(true);
    await jest.advanceTimersByTimeAsync(6900);
    expect(breakers.isOpen(APP)).toBe(true);
    claim = () => Promise.resolve({ granted: true });
    await jest.advanceTimersByTimeAsync(200);
    expect(await attempt(ok)).toBe('well');
  });

  it('asks for another probe when the first was granted and never made', async () => {
    await attempts(20, bad);
    await jest.advanceTimersByTimeAsync(PROBE_MS);
    expect(await breakers.gate(APP)).toBe(true);
    await jest.advanceTimersByTimeAsync(PROBE_MS + 600);
    expect(await attempt(ok)).toBe('well');
    expect(claims).toHaveLength(2);
  });

  it('forgets failures after the window, and then the breaker itself', async () => {
    await attempts(19, bad);
    await jest.advanceTimersByTimeAsync(21_000);
    await attempts(19, bad);
    expect(breakers.isOpen(APP)).toBe(false);
    await jest.advanceTimersByTimeAsync(21_000);
    await attempts(4, hanging);
    await jest.advanceTimersByTimeAsync(130_000);
    await attempts(4, hanging);
    expect(breakers.isOpen(APP)).toBe(false);
  });

  it('has a bound, beyond which endpoints go without', async () => {
    for (const appId of ['app_a', 'app_b', 'app_c']) for (let n = 0; n < 25; n++) await attempt(bad, appId);
    expect(breakers.openCount).toBe(2);
    expect(breakers.isOpen('app_c')).toBe(false);
  });

  it('opens as told by others, without telling them again, and probes when they say', async () => {
    breakers.openAsTold(told);
    expect([breakers.isOpen(APP), states]).toEqual([true, []]);
    await jest.advanceTimersByTimeAsync(11_000);
    breakers.openAsTold({ ...told, probeInMs: 20_000 });
    await jest.advanceTimersByTimeAsync(19_000);
    expect(breakers.describe(APP)).toMatchObject({ state: 'open', openForMs: 35_000 });
    await jest.advanceTimersByTimeAsync(1100);
    expect(breakers.isProbing(APP)).toBe(true);
    breakers.forget(APP);
    expect([await attempts(1, ok), breakers.openCount, states]).toEqual([['well'], 0, []]);
  });

  it('closes what nobody had anything to send to for a long time', async () => {
    breakers.openAsTold(told);
    await jest.advanceTimersByTimeAsync(12_000 + 601_000);
    expect([breakers.openCount, states]).toEqual([0, ['closed']]);
  });

  it('throws what the attempt throws', async () => {
    await expect(attempt(() => Promise.reject(new TypeError('a bug')))).rejects.toThrow('a bug');
    await attempts(20, bad);
    await jest.advanceTimersByTimeAsync(PROBE_MS);
    await expect(attempt(() => Promise.reject(new TypeError('a bug')))).rejects.toThrow('a bug');
    expect(breakers.isOpen(APP)).toBe(true);
  });
});
