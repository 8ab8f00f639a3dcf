import { describe, expect, it } from '@jest/globals';
import { parseMachineTicks, parseStat, parseStatm, withDescendants } from './proc-files.ts';

const stat = (pid: number, parentPid: number): ReturnType<typeof parseStat> => ({ pid, parentPid, ownTicks: 0, childTicks: 0 });

describe('the files of /proc', () => {
  it('reads CPU times behind a name with spaces and parentheses', () => {
    const text = '4242 (post) (gres: x) S 17 4242 4242 0 -1 4194560 2193 5200 0 0 120 35 900 41 20 0 1 0 152231 226 6410';
    expect(parseStat(text)).toEqual({ pid: 4242, parentPid: 17, ownTicks: 155, childTicks: 941 });
  });

  it('reads memory in pages', () => {
    expect(parseStatm('300 100 40 1 0 60 0\n')).toEqual({ residentBytes: 409_600, sharedBytes: 163_840 });
  });

  it('counts what keeps the machine busy, and neither idling nor waiting', () => {
    expect(parseMachineTicks('cpu  100 20 30 9000 800 1 2 3 0 0\ncpu0 50 10 15 4500 400 0 1 1 0 0\n')).toBe(156);
  });

  it('finds children of children, and leaves out strangers', () => {
    const all = [stat(1, 0), stat(10, 1), stat(11, 10), stat(12, 11), stat(20, 1)];
    expect(withDescendants([10], all).map(({ pid }) => pid)).toEqual([10, 11, 12]);
  });

  it('finds a child that is listed before its parent, and nothing for a pid that is gone', () => {
    const all = [stat(12, 11), stat(11, 10), stat(10, 1)];
    expect(withDescendants([10, 99], all).map(({ pid }) => pid)).toEqual([10, 11, 12]);
  });
});
