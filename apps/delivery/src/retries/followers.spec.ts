import { describe, expect, it } from '@jest/globals';
import { Followers } from './followers.ts';

describe('Followers', () => {
  let nowMs = 0;
  const claimAndEmpty = (followers: Followers, afterMs: number): number => {
    followers.claimed('app_1');
    nowMs += afterMs;
    followers.ranEmpty('app_1');
    return followers.of('app_1');
  };

  it('doubles what follows while it is worked off quickly, to a bound, and begins anew when it is not', () => {
    const followers = new Followers(() => nowMs);
    expect(followers.of('app_1')).toBe(20);
    expect([1, 2, 3, 4, 5, 6].map(() => claimAndEmpty(followers, 100))).toEqual([40, 80, 160, 320, 500, 500]);
    expect(claimAndEmpty(followers, 600)).toBe(20);
  });

  it('counts a claim as worked off once, whatever is told of its last requests', () => {
    const followers = new Followers(() => nowMs);
    followers.claimed('app_1');
    for (let n = 0; n < 10; n++) followers.ranEmpty('app_1');
    expect(followers.of('app_1')).toBe(40);
  });

  it('forgets apps of which nothing was claimed for a while', () => {
    const followers = new Followers(() => nowMs);
    claimAndEmpty(followers, 1);
    followers.forgetIdle();
    expect(followers.of('app_1')).toBe(40);
    nowMs += 6000;
    followers.forgetIdle();
    expect(followers.of('app_1')).toBe(20);
  });
});
