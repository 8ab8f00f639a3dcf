import type { Delivery } from '../expansion/delivery.ts';
import { PaceMeter } from './pace-meter.ts';
import { RoundRobin } from './round-robin.ts';
import type { SlotHolder } from './slots.ts';

/** What is queued for one endpoint. Live and parked deliveries take turns, so that a backlog neither starves nor is starved. */
export class Lane implements SlotHolder {
  inFlight = 0;
  slow = 0;
  readonly meter: PaceMeter;
  private readonly live = new RoundRobin<Delivery>();
  private readonly parked = new RoundRobin<Delivery>();
  private isParkedTurn = false;

  constructor(
    readonly appId: string,
    nowMs: number,
  ) {
    this.meter = new PaceMeter(nowMs);
  }

  get queued(): number {
    return this.live.size + this.parked.size;
  }

  get queuedParked(): number {
    return this.parked.size;
  }

  push(delivery: Delivery): void {
    const queue = delivery.origin === 'live' ? this.live : this.parked;
    queue.push(delivery.source.event.merchantId, delivery);
  }

  shift(): Delivery | undefined {
    const isParkedTurn = this.isParkedTurn;
    this.isParkedTurn = !isParkedTurn;
    if (isParkedTurn) return this.parked.shift() ?? this.live.shift();
    return this.live.shift() ?? this.parked.shift();
  }

  drain(): Delivery[] {
    return [...this.parked.drain(), ...this.live.drain()];
  }
}
