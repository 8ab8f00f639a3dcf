import { PaceMeter } from '@hookwright/kafka';
import type { Delivery } from '../expansion/delivery.ts';
import { ALWAYS, type WorkerStanding, isEndpointTheBottleneck, workersShare } from './bottleneck.ts';
import { Lane } from './lane.ts';
import { type Slot, type SlotBounds, Slots } from './slots.ts';

export interface LanesOptions {
  /** Requests an endpoint takes at once; asked before each, so that a change counts at once. */
  readonly concurrencyOf: (appId: string) => number;
  /** False: nothing is started until `wake`. */
  readonly mayStart: () => boolean;
  /** Whether the endpoint's rate lets one of its `queued` deliveries go now. False: nothing of the lane is started until `resumeOne`. */
  readonly mayGo: (appId: string, queued: number) => boolean;
  /** Makes one delivery; then calls `landed`, and `recorded` when that is. */
  readonly deliver: (flight: Flight) => void;
  /** A lane has nothing parked left to do: there may be more of it in Postgres. */
  readonly onParkedDone: (appId: string) => void;
  /** What the worker can still take, and whether it is busy. */
  readonly worker: () => Omit<WorkerStanding, 'perSecond'>;
  readonly slots: SlotBounds;
  readonly clock?: () => number;
}

// As far back as a PaceMeter counts.
const YOUNG_MS = 2000;
// Shorter ones are forgiven by the two seconds that a lane may need. Longer ones end rarely, so that a slow endpoint is still found.
const STALL_MS = 500;
// Nothing behind a live delivery is committed before it is recorded: what waits longer for its endpoint had better wait in Postgres.
const LONGEST_HELD_MS = 5000;

/** A delivery that left its lane. */
export interface Flight {
  readonly delivery: Delivery;
  readonly lane: Lane;
  readonly slot: Slot;
}

/**
 * One endpoint's share of the worker each: bounded in flight, bounded in its queue, fair between the app's merchants. A lane exists only
 * while it has something to do. Lanes that wait for a slot of the worker get one each in turns.
 */
export class Lanes {
  private readonly lanes = new Map<string, Lane>();
  private readonly waiting = new Set<Lane>();
  private readonly slots: Slots;
  private readonly clock: () => number;
  private readonly meter: PaceMeter;
  private isStopped = false;
  private flying = 0;
  private landedCount = 0;
  private stalledFromMs: number | undefined;

  constructor(private readonly options: LanesOptions) {
    this.clock = options.clock ?? (() => performance.now());
    this.meter = new PaceMeter(this.clock());
    this.slots = new Slots({ bounds: options.slots, clock: this.clock, onFree: () => this.wake() });
  }

  /** Takes the delivery, or refuses because its endpoint is too slow for it. */
  offer(delivery: Delivery): boolean {
    const lane = this.lanes.get(delivery.appId) ?? this.open(delivery.appId);
    if (delivery.origin === 'live' && this.isBottleneck(lane)) return false;
    lane.push(delivery, this.clock());
    this.fill(lane);
    return true;
  }

  /** How many parked deliveries an endpoint can take now: as many as start at once, and so many to follow. */
  roomFor(appId: string, follow: number): number {
    const lane = this.lanes.get(appId);
    const concurrency = this.options.concurrencyOf(appId);
    const busy = lane === undefined ? 0 : lane.inFlight + lane.queuedParked;
    return Math.max(0, concurrency + Math.max(concurrency, follow) - busy);
  }

  /** The request of a flight is over. */
  landed({ delivery, lane, slot }: Flight): void {
    const nowMs = this.clock();
    lane.tick(nowMs);
    this.meter.tick(nowMs);
    this.landedCount++;
    this.slots.answered(slot);
    lane.inFlight--;
    this.flying--;
    // Those that wait for the worker first.
    if (this.waiting.size > 0) this.wake();
    this.fill(lane);
    if (delivery.origin === 'parked' && lane.queuedParked === 0) this.options.onParkedDone(lane.appId);
  }

  /** What became of a flight is recorded. */
  recorded({ slot }: Flight): void {
    this.slots.recorded(slot);
  }

  get inFlight(): number {
    return this.flying;
  }

  get size(): number {
    return this.lanes.size;
  }

  /** Something may be started again: each waiting lane gets one slot after the other. */
  wake(): void {
    for (const lane of this.waiting) {
      if (!this.isAnyFree()) return;
      this.waiting.delete(lane);
      if (this.startOne(lane)) this.waiting.add(lane);
    }
  }

  /** The endpoint's rate lets something go again. */
  resumeOne(appId: string): void {
    const lane = this.lanes.get(appId);
    if (lane !== undefined) this.fill(lane);
  }

  /** How many deliveries wait in the endpoint's lane. */
  queuedOf(appId: string): number {
    return this.lanes.get(appId)?.queued ?? 0;
  }

  /** Takes everything out of a lane that had not begun. */
  empty(appId: string): Delivery[] {
    const lane = this.lanes.get(appId);
    if (lane === undefined) return [];
    const unbegun = lane.drain();
    this.fill(lane);
    return unbegun;
  }

  /**
   * Takes live deliveries out of the lanes whose endpoints are too slow for them, which nobody knew when they came. What a lane may always
   * have stays.
   */
  relieve(): Delivery[] {
    return [...this.lanes.values()].filter((lane) => this.isBottleneck(lane)).flatMap((lane) => lane.drainLive(ALWAYS));
  }

  /** Takes out live deliveries that have waited too long for an endpoint that is at its limit, however much room there is. */
  overdue(): Delivery[] {
    if (this.stalledFromMs !== undefined) return [];
    const nowMs = this.clock();
    const sinceBeforeMs = nowMs - LONGEST_HELD_MS - 1000 * workersShare(this.workerAt(nowMs, this.meter.perSecond(nowMs)));
    return [...this.lanes.values()].filter((lane) => this.isAtItsLimit(lane)).flatMap((lane) => lane.drainOverdue(sinceBeforeMs));
  }

  /** Starts nothing any more. Returns what had not begun; requests under way go on. */
  stop(): Delivery[] {
    this.isStopped = true;
    this.slots.stop();
    return [...this.lanes.values()].flatMap((lane) => lane.drain());
  }

  private open(appId: string): Lane {
    const lane = new Lane(appId, this.clock(), this.landedCount);
    this.lanes.set(appId, lane);
    return lane;
  }

  private fill(lane: Lane): void {
    while (this.startOne(lane));
    if (lane.inFlight === 0 && lane.queued === 0) {
      this.lanes.delete(lane.appId);
      this.waiting.delete(lane);
    }
  }

  /** Starts the lane's next delivery, if it has one and may. */
  private startOne(lane: Lane): boolean {
    if (lane.queued === 0 || lane.inFlight >= this.options.concurrencyOf(lane.appId) || !this.slots.isFreeFor(lane)) return false;
    if (!this.isAnyFree()) {
      this.waiting.add(lane);
      return false;
    }
    const { mayGo, deliver } = this.options;
    if (!mayGo(lane.appId, lane.queued)) return false;
    const delivery = lane.shift();
    if (delivery === undefined) return false;
    lane.inFlight++;
    this.flying++;
    deliver({ delivery, lane, slot: this.slots.take(lane) });
    return true;
  }

  private isAnyFree(): boolean {
    if (this.isStopped) return false;
    const isFree = this.options.mayStart() && this.slots.isFree();
    if (isFree) this.endStall();
    else this.stalledFromMs ??= this.clock();
    return isFree;
  }

  /** What queued up while nothing could be started, e.g. because the database was locked, is no fault of the endpoints. */
  private endStall(): void {
    if (this.stalledFromMs === undefined) return;
    const nowMs = this.clock();
    if (nowMs - this.stalledFromMs >= STALL_MS) for (const lane of this.lanes.values()) lane.measureAnew(nowMs, this.landedCount);
    this.stalledFromMs = undefined;
  }

  /** Requests of all lanes that came back, a second, in the time that the lane's own are counted in: a stall of the worker is in both or none. */
  private perSecondBeside({ measuredFromMs, landedBefore }: Lane, nowMs: number): number {
    const ageMs = nowMs - measuredFromMs;
    return ageMs < YOUNG_MS ? ((this.landedCount - landedBefore) * 1000) / Math.max(1, ageMs) : this.meter.perSecond(nowMs);
  }

  private workerAt(nowMs: number, perSecond: number): WorkerStanding {
    const { free, bound, isBusy } = this.options.worker();
    return { free, bound, perSecond, isBusy: isBusy || this.slots.isShort(nowMs) };
  }

  private isAtItsLimit({ slow, inFlight, appId }: Lane): boolean {
    return slow > 0 || inFlight >= this.options.concurrencyOf(appId);
  }

  private isBottleneck(lane: Lane): boolean {
    const { queued } = lane;
    // Asked for each delivery that comes: most lanes are empty.
    if (queued === 0) return false;
    const nowMs = this.clock();
    const worker = this.workerAt(nowMs, this.perSecondBeside(lane, nowMs));
    return isEndpointTheBottleneck({ queued, perSecond: lane.perSecond(nowMs), isAtItsLimit: this.isAtItsLimit(lane) }, worker);
  }
}
