import { create } from '@bufbuild/protobuf';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Scheme, type SigningSecret, SigningSecretSchema } from '@hookwright/contracts';
import { SecretCache } from './secret-cache.ts';

// eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- of a version to come
const UNKNOWN_SCHEME = 99 as Scheme;

let nowMs: number;
/** How far the wall clock was set. */
let setByMs: number;
let asked: number;
let failures: number;
let answer: () => Promise<SigningSecret[]>;
let cache: SecretCache;

function secrets(...list: { id: string; expiresAtMs?: number; scheme?: Scheme }[]): SigningSecret[] {
  return list.map(({ id, expiresAtMs, scheme = Scheme.V1 }) =>
    create(SigningSecretSchema, {
      id,
      scheme,
      key: Buffer.alloc(32),
      ...(expiresAtMs === undefined ? {} : { expiresAtMs: BigInt(expiresAtMs) }),
    }),
  );
}

const idsAt = (): string[] | undefined => cache.at('app_1')?.map(({ id }) => id);

beforeEach(() => {
  nowMs = 1_000_000;
  setByMs = 0;
  asked = failures = 0;
  answer = () => Promise.resolve(secrets({ id: 'sec_1' }));
  cache = new SecretCache(
    () => {
      asked++;
      return answer();
    },
    () => failures++,
    { wallMs: () => nowMs + setByMs, steadyMs: () => nowMs },
  );
});

describe('SecretCache', () => {
  it('asks once for all who wait, and then has the secrets at hand for a minute', async () => {
    expect(idsAt()).toBeUndefined();
    await Promise.all([cache.load('app_1'), cache.load('app_1')]);
    expect([idsAt(), asked]).toEqual([['sec_1'], 1]);
    nowMs += 60_000;
    expect(idsAt()).toBeUndefined();
  });

  it('forgets them soon after, also when nobody asks any more', async () => {
    jest.useFakeTimers();
    try {
      const idle = new SecretCache(
        () => Promise.resolve(secrets({ id: 'sec_1' })),
        () => undefined,
        { wallMs: () => nowMs, steadyMs: () => nowMs },
      );
      await idle.load('app_1');
      jest.advanceTimersByTime(10_000);
      expect(idle.size).toBe(1);
      nowMs += 60_000;
      jest.advanceTimersByTime(10_000);
      expect(idle.size).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });

  it('keeps to its minute when the wall clock is set', async () => {
    await cache.load('app_1');
    for (const ms of [-3_600_000, 3_600_000]) {
      setByMs = ms;
      expect(idsAt()).toEqual(['sec_1']);
    }
    answer = () => Promise.reject(new Error('away'));
    cache.drop('app_1');
    await cache.load('app_1');
    setByMs = -3_600_000;
    nowMs += 2000;
    expect(cache.isAway('app_1')).toBe(false);
  });

  it('asks again in the background before the minute is over, and goes on with the old ones meanwhile', async () => {
    await cache.load('app_1');
    answer = () => Promise.resolve(secrets({ id: 'sec_2' }));
    nowMs += 31_000;
    expect(idsAt()).toEqual(['sec_1']);
    await cache.load('app_1');
    expect([idsAt(), asked]).toEqual([['sec_2'], 2]);
  });

  it('goes on with what it has while the vault is away, a minute long, then waits, and asks again every two seconds', async () => {
    await cache.load('app_1');
    answer = () => Promise.reject(new Error('away'));
    nowMs += 59_000;
    expect(idsAt()).toEqual(['sec_1']);
    await cache.load('app_1');
    expect([idsAt(), cache.isAway('app_1')]).toEqual([['sec_1'], false]);
    nowMs += 1000;
    expect([idsAt(), cache.isAway('app_1'), asked, failures]).toEqual([undefined, true, 2, 1]);
    await cache.load('app_1');
    expect(asked).toBe(2);
    nowMs += 2000;
    expect(cache.isAway('app_1')).toBe(false);
    await cache.load('app_1');
    expect(asked).toBe(3);
  });

  it('stops using a secret at its end, to the millisecond', async () => {
    answer = () => Promise.resolve(secrets({ id: 'sec_new' }, { id: 'sec_old', expiresAtMs: nowMs + 500 }));
    await cache.load('app_1');
    nowMs += 499;
    expect(idsAt()).toEqual(['sec_new', 'sec_old']);
    nowMs += 1;
    expect(idsAt()).toEqual(['sec_new']);
  });

  it('uses nothing of what it has after a change', async () => {
    await cache.load('app_1');
    cache.drop('app_1');
    expect(idsAt()).toBeUndefined();
  });

  it('does not believe an answer that a change overtook', async () => {
    const old = Promise.withResolvers<SigningSecret[]>();
    answer = () => old.promise;
    const loading = cache.load('app_1');
    await Promise.resolve();
    answer = () => Promise.resolve(secrets({ id: 'sec_2' }));
    await Promise.resolve();
    cache.drop('app_1');
    old.resolve(secrets({ id: 'sec_1' }));
    await loading;
    expect([idsAt(), asked]).toEqual([['sec_2'], 2]);
  });

  it('signs nothing for an app without a usable secret', async () => {
    answer = () => Promise.resolve([]);
    await cache.load('app_1');
    expect([idsAt(), cache.isAway('app_1'), failures]).toEqual([undefined, true, 1]);
  });

  it('has the keys of both schemes ready to sign, in their order', async () => {
    answer = () => Promise.resolve(secrets({ id: 'sec_new', scheme: Scheme.V1A }, { id: 'sec_old' }));
    await cache.load('app_1');
    const keys = cache.at('app_1');
    expect(keys).toMatchObject([
      { id: 'sec_new', scheme: 'v1a', key: { type: 'private', asymmetricKeyType: 'ed25519' } },
      { id: 'sec_old', scheme: 'v1', key: Buffer.alloc(32) },
    ]);
    expect(cache.at('app_1')).toBe(keys);
  });

  it.each([
    ['of a scheme that it does not know', { scheme: UNKNOWN_SCHEME }],
    ['without a scheme', { scheme: Scheme.UNSPECIFIED }],
  ])('signs nothing for an app that has a secret %s beside others', async (_what, secret) => {
    answer = () => Promise.resolve(secrets({ id: 'sec_1' }, { id: 'sec_2', ...secret }));
    await cache.load('app_1');
    expect([idsAt(), cache.isAway('app_1'), failures]).toEqual([undefined, true, 1]);
  });
});
