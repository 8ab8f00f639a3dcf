import { PaceMeter } from '@hookwright/kafka';
import type { Delivery } from '../expansion/delivery.ts';
import { RoundRobin } from './round-robin.ts';
import type { SlotHolder } from './slots.ts';

// A few answers of any endpoint that is not slow, even when a batch is being taken apart meanwhile.
const UNKNOWN_FOR_MS = 200;

interface Queued {
  readonly delivery: Delivery;
  readonly sinceMs: number;
}

/** What is queued for one endpoint. Live and parked deliveries take turns, so that a backlog neither starves nor is starved. */
export class Lane implements SlotHolder {
  inFlight = 0;
  slow = 0;
  private meter: PaceMeter;
  private readonly live = new RoundRobin<Queued>();
  private readonly parked = new RoundRobin<Queued>();
  private isParkedTurn = false;

  /** `landedBefore`: how many requests of all lanes had come back when it was opened. */
  constructor(
    readonly appId: string,
    public measuredFromMs: number,
    public landedBefore: number,
  ) {
    this.meter = new PaceMeter(measuredFromMs);
  }

  /** What it did until now says nothing of its endpoint. */
  measureAnew(nowMs: number, landedBefore: number): void {
    this.measuredFromMs = nowMs;
    this.landedBefore = landedBefore;
    this.meter = new PaceMeter(nowMs);
  }

  /** Requests that came back lately, a second. Infinity in the first moments: what came in one go was not answered yet, however fast it is. */
  perSecond(nowMs: number): number {
    return nowMs - this.measuredFromMs < UNKNOWN_FOR_MS ? Infinity : this.meter.perSecond(nowMs);
  }

  /** One of its requests came back. */
  tick(nowMs: number): void {
    this.meter.tick(nowMs);
  }

  get queued(): number {
    return this.live.size + this.parked.size;
  }

  get queuedParked(): number {
    return this.parked.size;
  }

  push(delivery: Delivery, nowMs: number): void {
    this.enqueue({ delivery, sinceMs: nowMs });
  }

  shift(): Delivery | undefined {
    const isParkedTurn = this.isParkedTurn;
    this.isParkedTurn = !isParkedTurn;
    const next = isParkedTurn ? (this.parked.shift() ?? this.live.shift()) : (this.live.shift() ?? this.parked.shift());
    return next?.delivery;
  }

  drain(): Delivery[] {
    return [...this.parked.drain(), ...this.live.drain()].map(deliveryOf);
  }

  /** Takes live deliveries out, but for so many. */
  drainLive(kept: number): Delivery[] {
    const live = this.live.drain();
    for (const queued of live.slice(0, kept)) this.enqueue(queued);
    return live.slice(kept).map(deliveryOf);
  }

  /** Takes out the live deliveries that have waited since before; the time that was not measured does not count. */
  drainOverdue(sinceBeforeMs: number): Delivery[] {
    if (this.measuredFromMs >= sinceBeforeMs || this.live.size === 0) return [];
    const live = this.live.drain();
    for (const queued of live) if (queued.sinceMs >= sinceBeforeMs) this.enqueue(queued);
    return live.filter(({ sinceMs }) => sinceMs < sinceBeforeMs).map(deliveryOf);
  }

  private enqueue(queued: Queued): void {
    const { origin, source } = queued.delivery;
    const queue = origin === 'live' ? this.live : this.parked;
    queue.push(source.event.merchantId, queued);
  }
}

function deliveryOf({ delivery }: Queued): Delivery {
  return delivery;
}
