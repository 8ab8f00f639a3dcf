import { randomUUID } from 'node:crypto';
import { Gathered } from '@hookwright/kafka';
import type { Redis } from 'ioredis';
import { BOARD, CLAIM, EPOCH, PUT, READ, REMOVE } from './board-scripts.ts';
import type { BreakerState, OpenBreaker, OpenReason } from './breaker-state.ts';
import { CLAIM_MARGIN_MS, type ProbeClaim } from './open-circuit.ts';

/** A worker's own view of its breakers, which the board tells of the others'. */
export interface BoardListener {
  /** What is open here. */
  open(): readonly OpenBreaker[];
  /** It is open elsewhere, or was here before a restart; or it is open here too and its next probe is known anew. */
  opened(breaker: OpenBreaker): void;
  closed(appId: string): void;
}

/** A change is heard of at once; an announcement that was missed, and a loss of Redis's memory, are noticed within this time. */
const READ_EVERY_MS = 1000;

/**
 * Which breakers are open, for all workers, in Redis, and which of the workers probes. Only a hint: without Redis each worker finds out, and
 * probes, for itself. After a loss of Redis's memory every worker writes down again what it knows.
 */
export class BreakerBoard {
  /** Open here and on the board: when it is on the board no more, another worker closed it. */
  private readonly shared = new Set<string>();
  /** Closed here, and perhaps still on the board. */
  private readonly closing = new Set<string>();
  private readonly looks = new Gathered({ request: () => this.read() });
  private readonly announcements: Redis;
  private epoch = '';
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly redis: Redis,
    private readonly listener: BoardListener,
    private readonly probeEveryMs: number,
    private readonly readEveryMs = READ_EVERY_MS,
  ) {
    this.announcements = this.subscriber();
  }

  /** Reads what is open, once before anything is sent; waits for Redis no longer than it may take to answer. */
  async start(): Promise<void> {
    void this.announcements.connect().catch(() => undefined);
    await this.looks.ask([]);
    this.timer = setInterval(() => this.tick(), this.readEveryMs);
    this.timer.unref();
  }

  /** Lets the others know. */
  tell(state: BreakerState, breaker: OpenBreaker): void {
    if (state !== 'closed') void this.put(breaker);
    else {
      this.shared.delete(breaker.appId);
      void this.remove(breaker.appId);
    }
  }

  /** Whether this worker may probe: one of all in `probeEveryMs`. Without Redis each of them may. */
  async claimProbe(appId: string): Promise<ProbeClaim> {
    try {
      const againInMs = (await this.redis.eval(CLAIM, 1, `hookwright:probe:${appId}`, this.probeEveryMs + CLAIM_MARGIN_MS)) as number;
      return againInMs === 0 ? { granted: true } : { granted: false, againInMs };
    } catch {
      return { granted: true };
    }
  }

  stop(): void {
    clearInterval(this.timer);
    this.announcements.disconnect();
  }

  /** A connection of its own: one that is subscribed can do nothing else. What changed before it was subscribed is looked for then. */
  private subscriber(): Redis {
    const redis = this.redis.duplicate({ autoResubscribe: false });
    const look = (): unknown => this.looks.ask([]);
    redis.on('ready', () => void redis.subscribe(BOARD).then(look, () => undefined));
    redis.on('message', look);
    redis.on('error', () => undefined); // The other connection says what is wrong.
    return redis;
  }

  private tick(): void {
    for (const appId of this.closing) void this.remove(appId);
    void this.looks.ask([]);
  }

  private async read(): Promise<void> {
    if (this.redis.status !== 'ready') return;
    try {
      const [nowMs, fields] = (await this.redis.eval(READ, 1, BOARD)) as [number, string[]];
      const board = new Map<string, string>();
      for (let at = 0; at < fields.length; at += 2) board.set(fields[at] ?? '', fields[at + 1] ?? '');
      const epoch = board.get(EPOCH);
      board.delete(EPOCH);
      if (epoch === undefined || epoch !== this.epoch) await this.meet(epoch);
      this.compare(board, nowMs);
    } catch {
      // Redis is away: the connection says so. The next look is in a second.
    }
  }

  /** Redis is new to us, or has lost its memory: what is missing there was closed by nobody. */
  private async meet(epoch: string | undefined): Promise<void> {
    this.shared.clear();
    if (epoch === undefined) await this.redis.hsetnx(BOARD, EPOCH, randomUUID());
    this.epoch = (await this.redis.hget(BOARD, EPOCH)) ?? '';
  }

  private compare(board: ReadonlyMap<string, string>, nowMs: number): void {
    for (const breaker of this.listener.open()) {
      const { appId } = breaker;
      if (board.has(appId)) continue;
      if (this.shared.delete(appId)) this.listener.closed(appId);
      else void this.put(breaker);
    }
    for (const [appId, text] of board) {
      if (this.closing.has(appId)) continue;
      this.shared.add(appId);
      this.listener.opened(parse(appId, text, nowMs));
    }
  }

  private async put({ appId, reason, openForMs, probeInMs }: OpenBreaker): Promise<void> {
    this.closing.delete(appId);
    try {
      await this.redis.eval(PUT, 1, BOARD, appId, reason, Math.round(openForMs), Math.round(probeInMs));
      this.shared.add(appId);
    } catch {
      // It is not shared, so that the next look puts it again.
    }
  }

  private async remove(appId: string): Promise<void> {
    this.closing.add(appId);
    try {
      await this.redis.eval(REMOVE, 1, BOARD, appId);
      this.closing.delete(appId);
    } catch {
      // It stays on the list for the next look.
    }
  }
}

function parse(appId: string, text: string, nowMs: number): OpenBreaker {
  const [openedAt = '', probeAt = '', reason] = text.split('|');
  return {
    appId,
    reason: (reason === 'timeouts' ? 'timeouts' : 'failure_rate') satisfies OpenReason,
    openForMs: Math.max(0, nowMs - Number(openedAt)),
    probeInMs: Math.max(0, Number(probeAt) - nowMs),
  };
}
