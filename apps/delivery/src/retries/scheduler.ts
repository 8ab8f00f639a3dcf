import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@hookwright/runtime';
import type pg from 'pg';
import type { Delivery } from '../expansion/delivery.ts';
import { parkedClaimed } from '../metrics.ts';
import { claimedDelivery } from './claimed-delivery.ts';
import type { DueDecision } from './due-decision.ts';
import { type Claim, type ClaimedRow, claimDue } from './sql/claim-due.ts';
import { failExpired } from './sql/fail-expired.ts';
import { LIST_WAITING_APPS } from './sql/list-waiting-apps.ts';
import { releaseLeases } from './sql/release-leases.ts';
import type { Sweep } from './sql/sweep.ts';

export interface SchedulerOptions {
  readonly pool: pg.Pool;
  readonly logger: Logger;
  readonly intervalMs: number;
  readonly decide: (appId: string) => DueDecision;
  readonly sweep: (sweep: Sweep) => void;
  /** How many deliveries the worker can take. */
  readonly free: () => number;
  /** Takes a delivery; `isOurs` says whether its lease still leaves the time for a request. */
  readonly take: (delivery: Delivery, isOurs: () => boolean) => void;
}

// A worker whose bound is reached by live traffic still works off its backlog.
const ALWAYS_FREE = 50;
// A lease is for one request to end before it, one request, and this time to record it: so soon another worker follows one that died.
const LEASE_MARGIN_MS = 5000;
const REFILL_MS = 20;
const AWAY_MS = 1000;

/**
 * Takes due deliveries out of Postgres under a lease, a few of each app, as many as its lane has room for. A worker that dies loses its
 * leases, and another takes over. Looks every `intervalMs` at all apps with waiting deliveries, and in between at lanes that ran empty.
 */
export class RetryScheduler {
  private readonly owner = randomUUID();
  private readonly stopped = new AbortController();
  private readonly refills = new Set<string>();
  private awake = new AbortController();
  private nextLookMs = 0;
  private life: Promise<void> | undefined;

  constructor(private readonly options: SchedulerOptions) {}

  start(): void {
    this.life ??= this.live();
  }

  /** Looks at once: something may be due now that was not. */
  wake(): void {
    this.nextLookMs = 0;
    this.awake.abort();
  }

  /** The app's lane has room again. */
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
    const nowMs = Date.now();
    const isLook = nowMs >= this.nextLookMs;
    if (isLook) this.nextLookMs = nowMs + this.options.intervalMs;
    const asked = [...this.refills];
    this.refills.clear();
    const apps = isLook ? await this.waitingApps() : asked;
    const claims = this.claims(apps);
    if (claims.length > 0 && !this.stopped.signal.aborted) await this.claim(claims);
  }

  private async waitingApps(): Promise<string[]> {
    const { rows } = await this.options.pool.query<{ app_id: string }>(LIST_WAITING_APPS);
    return startingAnywhere(rows.map(({ app_id }) => app_id));
  }

  private claims(apps: readonly string[]): Claim[] {
    const claims: Claim[] = [];
    let free = Math.max(ALWAYS_FREE, this.options.free());
    for (const appId of apps) {
      const decision = this.options.decide(appId);
      if (decision.kind === 'sweep') this.options.sweep(decision.sweep);
      if (decision.kind !== 'claim') continue;
      const room = Math.min(decision.room, free);
      if (room === 0) break;
      free -= room;
      claims.push({ appId, room, leaseMs: 2 * decision.timeoutMs + LEASE_MARGIN_MS });
    }
    return claims;
  }

  private async claim(claims: readonly Claim[]): Promise<void> {
    const { pool, take } = this.options;
    const claimedAtMs = performance.now();
    const leaseMs = new Map(claims.map((claim) => [claim.appId, claim.leaseMs]));
    const { rows } = await pool.query<ClaimedRow>(claimDue(claims, this.owner));
    parkedClaimed.inc(rows.length);
    const expired: ClaimedRow[] = [];
    for (const row of rows) {
      const delivery = claimedDelivery(row);
      const beginBeforeMs = claimedAtMs + (leaseMs.get(row.app_id) ?? 0) / 2;
      if (delivery === undefined) expired.push(row);
      else take(delivery, () => performance.now() < beginBeforeMs);
    }
    if (expired.length > 0) await pool.query(failExpired(expired));
  }

  /** Until the next look; shorter when a lane ran empty, but not so short that each delivery costs a query. */
  private async pause(): Promise<void> {
    const signal = AbortSignal.any([this.awake.signal, this.stopped.signal]);
    await sleep(Math.max(0, this.nextLookMs - Date.now()), undefined, { signal }).catch(() => undefined);
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
