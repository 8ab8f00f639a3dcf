import type { Delivery } from '../expansion/delivery.ts';
import { Lane } from './lane.ts';

export interface LanesOptions {
  /** Deliveries that may wait in one lane. */
  readonly queueBound: number;
  /** Requests an endpoint takes at once; asked before each, so that a change counts at once. */
  readonly concurrencyOf: (appId: string) => number;
  /** False: nothing is started until `resume`. */
  readonly mayStart: () => boolean;
  /** Makes one delivery; resolves when its slot is free again. Must not reject. */
  readonly deliver: (delivery: Delivery) => Promise<void>;
  /** A lane has nothing parked left to do: there may be more of it in Postgres. */
  readonly onParkedDone: (appId: string) => void;
}

// A claim costs a query: an endpoint that takes one request at a time must not cost one each. What a slow endpoint cannot begin in time goes back.
const LEAST_TO_FOLLOW = 20;

/**
 * One endpoint's share of the worker each: bounded in flight, bounded in its queue, fair between the app's merchants. A lane exists only
 * while it has something to do.
 */
export class Lanes {
  private readonly lanes = new Map<string, Lane>();
  private isStopped = false;
  private flying = 0;

  constructor(private readonly options: LanesOptions) {}

  /** Takes the delivery, or refuses because the lane is full. */
  offer(delivery: Delivery): boolean {
    const lane = this.lanes.get(delivery.appId) ?? this.open(delivery.appId);
    if (delivery.origin === 'live' && lane.queued >= this.options.queueBound) return false;
    lane.push(delivery);
    this.fill(lane);
    return true;
  }

  /** How many parked deliveries an endpoint can take now: as many as start at once, and some to follow. */
  roomFor(appId: string): number {
    const lane = this.lanes.get(appId);
    const concurrency = this.options.concurrencyOf(appId);
    const busy = lane === undefined ? 0 : lane.inFlight + lane.queuedParked;
    return Math.max(0, concurrency + Math.max(concurrency, LEAST_TO_FOLLOW) - busy);
  }

  get inFlight(): number {
    return this.flying;
  }

  get size(): number {
    return this.lanes.size;
  }

  /** What may be started again is. */
  resume(): void {
    for (const lane of this.lanes.values()) this.fill(lane);
  }

  /** Starts nothing any more. Returns what had not begun; requests under way go on. */
  stop(): Delivery[] {
    this.isStopped = true;
    return [...this.lanes.values()].flatMap((lane) => lane.drain());
  }

  private open(appId: string): Lane {
    const lane = new Lane(appId);
    this.lanes.set(appId, lane);
    return lane;
  }

  private fill(lane: Lane): void {
    while (!this.isStopped && this.options.mayStart() && lane.inFlight < this.options.concurrencyOf(lane.appId)) {
      const delivery = lane.shift();
      if (delivery === undefined) break;
      lane.inFlight++;
      this.flying++;
      void this.options.deliver(delivery).finally(() => this.finished(lane, delivery));
    }
    if (lane.inFlight === 0 && lane.queued === 0) this.lanes.delete(lane.appId);
  }

  private finished(lane: Lane, delivery: Delivery): void {
    lane.inFlight--;
    this.flying--;
    this.fill(lane);
    if (delivery.origin === 'parked' && lane.queuedParked === 0) this.options.onParkedDone(lane.appId);
  }
}
