import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@hookwright/runtime';
import type pg from 'pg';
import type { Delivery } from '../expansion/delivery.ts';
import { deliveriesRecorded, parkedClaimed } from '../metrics.ts';
import { claimedDelivery } from './claimed-delivery.ts';
import type { DueDecision } from './due-decision.ts';
import { Followers } from './followers.ts';
import { nextLookMs } from './next-look.ts';
import { type Claim, type ClaimedRow, claimDue } from './sql/claim-due.ts';
import { failExpired } from './sql/fail-expired.ts';
import { LIST_DUE_APPS } from './sql/list-due-apps.ts';
import { releaseLeases } from './sql/release-leases.ts';
import type { Sweep } from './sql/sweep.ts';

export interface SchedulerOptions {
  readonly pool: pg.Pool;
  readonly logger: Logger;
  readonly intervalMs: number;
  /** `follow`: how many more than start at once are worth claiming. */
  readonly decide: (appId: string, follow: number) => DueDecision;
  readonly sweep: (sweep: Sweep) => void;
  /** How many deliveries the worker can take. */
  readonly free: () => number;
  /** How many bytes of events it can take. */
  readonly freeBytes: () => number;
  /** Workers that look. */
  readonly workers: () => number;
  /** Takes a delivery; `isOurs` says whether its lease still leaves the time for a request. */
  readonly take: (delivery: Delivery, isOurs: () => boolean) => void;
}

// A worker whose bound is reached by live traffic still works off its backlog.
const ALWAYS_FREE = 50;
const ALWAYS_FREE_BYTES = 1_048_576;
// pg reads a body as text of twice its length.
const MOST_BYTES_A_CLAIM = 16 * 1_048_576;
// A lease is for one request to end before it, one request, and this time to record it: so soon another worker follows one that died.
const LEASE_MARGIN_MS = 5000;
const REFILL_MS = 20;
const AWAY_MS = 1000;
// One statement for so many apps, some 10 ms of work, and so many statements before the next look.
const APPS_A_CLAIM = 200;
const CLAIMS_A_PASS = 50;

/**
 * Takes due deliveries out of Postgres under a lease, a few of each app, as many as its lane has room for. A worker that dies loses its
 * leases, and another takes over. Looks every `intervalMs`, or less often when there is much to look at, at all apps with something due, and
 * in between at lanes that ran empty.
 */
export class RetryScheduler {
  private readonly owner = randomUUID();
  private readonly stopped = new AbortController();
  private readonly refills = new Set<string>();
  private readonly followers = new Followers();
  private awake = new AbortController();
  private nextLookMs = -Infinity;
  private life: Promise<void> | undefined;

  constructor(private readonly options: SchedulerOptions) {}

  start(): void {
    this.life ??= this.live();
  }

  /** All that was claimed for the app is done: its lane has room again. */
  ranEmpty(appId: string): void {
    this.followers.ranEmpty(appId);
    this.refill(appId);
  }

  /** The app's endpoint takes something again. */
  refill(appId: string): void {
    this.refills.add(appId);
    if (this.refills.size === 1) this.awake.abort();
  }

  /** Takes nothing more. */
  async stop(): Promise<void> {
    this.stopped.abort();
    await this.life;
  }

  /** Gives claimed deliveries back that were not begun; if Postgres is away their leases run out. */
  async release(deliveries: readonly Delivery[]): Promise<void> {
    if (deliveries.length === 0) return;
    await this.options.pool.query(releaseLeases(deliveries, this.owner)).catch(() => undefined);
  }

  private async live(): Promise<void> {
    while (!this.stopped.signal.aborted) {
      try {
        await this.pass();
        await this.pause();
      } catch (error) {
        this.options.logger.warn({ reason: (error as Error).message }, 'scheduler.waiting');
        await sleep(AWAY_MS, undefined, { signal: this.stopped.signal }).catch(() => undefined);
      }
    }
  }

  private async pass(): Promise<void> {
    const asked = [...this.refills];
    this.refills.clear();
    await this.claimFrom(performance.now() >= this.nextLookMs ? await this.look() : asked);
  }

  /** The apps with something due. */
  private async look(): Promise<string[]> {
    const { pool, intervalMs, workers } = this.options;
    const startedMs = performance.now();
    const { rows } = await pool.query<{ app_id: string }>(LIST_DUE_APPS);
    this.nextLookMs = nextLookMs({ startedMs, endedMs: performance.now(), intervalMs, workers: workers() });
    this.followers.forgetIdle();
    return startingAnywhere(rows.map(({ app_id }) => app_id));
  }

  /** A statement for some of the apps after the other, until all had their turn or the worker is full. */
  private async claimFrom(apps: readonly string[]): Promise<void> {
    let free = Math.max(ALWAYS_FREE, this.options.free());
    let at = 0;
    for (let claim = 0; claim < CLAIMS_A_PASS && at < apps.length && free > 0 && !this.stopped.signal.aborted; claim++) {
      const { claims, next } = this.claims(apps, { at, free });
      at = next;
      if (claims.length > 0) free -= await this.claim(claims);
    }
  }

  /** What to claim of the apps from `at` on, and which app is the next. */
  private claims(apps: readonly string[], { at, free }: { at: number; free: number }): { claims: Claim[]; next: number } {
    const claims: Claim[] = [];
    let left = free;
    let next = at;
    for (; next < apps.length && claims.length < APPS_A_CLAIM && left > 0; next++) {
      const appId = apps[next] ?? '';
      const decision = this.options.decide(appId, this.followers.of(appId));
      if (decision.kind === 'sweep') this.options.sweep(decision.sweep);
      if (decision.kind !== 'claim') continue;
      const room = Math.min(decision.room, left);
      left -= room;
      this.followers.claimed(appId);
      claims.push({ appId, room, leaseMs: 2 * decision.timeoutMs + LEASE_MARGIN_MS });
    }
    return { claims, next };
  }

  /** Returns how many it took. */
  private async claim(claims: readonly Claim[]): Promise<number> {
    const { pool, take, freeBytes } = this.options;
    const bytes = Math.min(MOST_BYTES_A_CLAIM, Math.max(ALWAYS_FREE_BYTES, freeBytes()));
    const claimedAtMs = performance.now();
    const leaseMs = new Map(claims.map((claim) => [claim.appId, claim.leaseMs]));
    const { rows } = await pool.query<ClaimedRow>(claimDue(claims, { owner: this.owner, bytes }));
    parkedClaimed.inc(rows.length);
    const expired: ClaimedRow[] = [];
    for (const row of rows) {
      const delivery = claimedDelivery(row);
      const beginBeforeMs = claimedAtMs + (leaseMs.get(row.app_id) ?? 0) / 2;
      if (delivery === undefined) expired.push(row);
      else take(delivery, () => performance.now() < beginBeforeMs);
    }
    if (expired.length > 0) {
      await pool.query(failExpired(expired));
      deliveriesRecorded.inc({ outcome: 'failed' }, expired.length);
    }
    return rows.length;
  }

  /** Until the next look; shorter when a lane ran empty, but not so short that each delivery costs a query. */
  private async pause(): Promise<void> {
    const signal = AbortSignal.any([this.awake.signal, this.stopped.signal]);
    await sleep(Math.max(0, this.nextLookMs - performance.now()), undefined, { signal }).catch(() => undefined);
    if (this.awake.signal.aborted) {
      this.awake = new AbortController();
      await sleep(REFILL_MS, undefined, { signal: this.stopped.signal }).catch(() => undefined);
    }
  }
}

/** The same list from a random place on: whom the worker's bound leaves out is not always the same. */
function startingAnywhere(apps: readonly string[]): string[] {
  const start = Math.floor(Math.random() * apps.length);
  return [...apps.slice(start), ...apps.slice(0, start)];
}
