import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createLogger } from '@hookwright/runtime';
import { eventually, useStores } from '@hookwright/testkit';
import { Redis } from 'ioredis';
import { openRedis } from '../redis/open-redis.ts';
import { BreakerBoard } from './breaker-board.ts';
import type { OpenBreaker } from './breaker-state.ts';

const logger = createLogger('spec', 'fatal');
const PROBE_MS = 30_000;

/** One worker's breakers, as far as the board is concerned. */
class Member {
  readonly breakers = new Map<string, OpenBreaker>();
  readonly redis: Redis;
  readonly board: BreakerBoard;

  constructor(url: string, readEveryMs?: number) {
    this.redis = openRedis(url, logger);
    this.board = new BreakerBoard(
      this.redis,
      {
        open: () => [...this.breakers.values()],
        opened: (breaker) => this.breakers.set(breaker.appId, breaker),
        closed: (appId) => this.breakers.delete(appId),
      },
      PROBE_MS,
      readEveryMs,
    );
  }

  async start(): Promise<this> {
    await this.redis.connect().catch(() => undefined);
    await this.board.start();
    return this;
  }

  open(appId: string): void {
    const breaker = { appId, reason: 'timeouts', openForMs: 1000, probeInMs: PROBE_MS } as const;
    this.breakers.set(appId, breaker);
    this.board.tell('open', breaker);
  }

  close(appId: string): void {
    const breaker = this.breakers.get(appId)!;
    this.breakers.delete(appId);
    this.board.tell('closed', breaker);
  }

  stop(): void {
    this.board.stop();
    this.redis.disconnect();
  }
}

let url: string;
let admin: Redis;
let members: Member[];

async function join(at = url, readEveryMs?: number): Promise<Member> {
  const member = await new Member(at, readEveryMs).start();
  members.push(member);
  return member;
}

beforeEach(async () => {
  // A database of this spec's own: it empties it.
  url = `${(await useStores(['redis'])).redisUrl}/11`;
  admin = new Redis(url);
  await admin.flushdb();
  members = [];
});

afterEach(() => {
  for (const member of members) member.stop();
  admin.disconnect();
});

describe('BreakerBoard', () => {
  it('tells the other workers, and those who start later, what is open and when its probe is due', async () => {
    const first = await join();
    const second = await join();
    first.open('app_1');
    await eventually(() => expect([...second.breakers.keys()]).toEqual(['app_1']));
    const { reason, openForMs, probeInMs } = (await join()).breakers.get('app_1')!;
    expect(reason).toBe('timeouts');
    expect(openForMs).toBeGreaterThanOrEqual(1000);
    expect(probeInMs).toBeGreaterThan(PROBE_MS - 5000);
    expect(probeInMs).toBeLessThanOrEqual(PROBE_MS);
  });

  it('closes everywhere what any worker closed, also the one that opened it', async () => {
    const first = await join();
    const second = await join();
    first.open('app_1');
    first.open('app_2');
    await eventually(() => expect(second.breakers.size).toBe(2));
    second.close('app_1');
    await eventually(() => expect([...first.breakers.keys()]).toEqual(['app_2']));
    await eventually(async () => expect(await admin.hkeys('hookwright:breakers')).toEqual(expect.not.arrayContaining(['app_1'])));
  });

  it('announces what opened and closed: nobody waits for the next look', async () => {
    const never = 2 ** 31 - 1;
    const first = await join(url, never);
    const second = await join(url, never);
    first.open('app_1');
    await eventually(() => expect(second.breakers.size).toBe(1));
    second.close('app_1');
    await eventually(() => expect(first.breakers.size).toBe(0));
  });

  it('is written anew when Redis has lost its memory', async () => {
    const first = await join();
    const second = await join();
    first.open('app_1');
    await eventually(() => expect(second.breakers.size).toBe(1));
    await admin.flushdb();
    await eventually(async () => expect(await admin.hkeys('hookwright:breakers')).toContain('app_1'));
    expect([first.breakers.size, second.breakers.size]).toEqual([1, 1]);
    second.close('app_1');
    await eventually(() => expect(first.breakers.size).toBe(0));
  });

  it('lets one worker of all probe', async () => {
    const claims = await Promise.all([await join(), await join(), await join()].map(({ board }) => board.claimProbe('app_1')));
    expect(claims.filter(({ granted }) => granted)).toHaveLength(1);
    for (const claim of claims) if (!claim.granted) expect(claim.againInMs).toBeGreaterThan(PROBE_MS - 5000);
    expect(await members[0]!.board.claimProbe('app_2')).toEqual({ granted: true });
  });

  it('lets each worker probe, and forgets nothing, while Redis is away', async () => {
    const alone = await join('redis://127.0.0.1:1');
    alone.open('app_1');
    expect(await alone.board.claimProbe('app_1')).toEqual({ granted: true });
    expect(alone.breakers.size).toBe(1);
  });
});
